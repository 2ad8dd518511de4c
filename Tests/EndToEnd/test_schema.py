"""rtblc schema, judged by an implementation of JSON Schema that is not ours."""

import json
import re

import jsonschema
import pytest
import yaml

from support.programs import ROOT, run

pytestmark = pytest.mark.unsanitized

BAD = ROOT / "Tests/CompilerTests/Bad"
# unknown field, wrong type, missing field, enumeration, range, form, empty value, field of another version
SHAPE = {"RT0301", "RT0302", "RT0303", "RT0304", "RT0305", "RT0306", "RT0307", "RT0322"}
# What the compiler says with a code of that list, but no schema can see: why.
BEYOND = {
    "filter-without-its-member": "the member that a filter's type asks for",
    "rewrite-without-value": "the member that a rewrite's type asks for",
    "secret-key-name": "a key of a Secret",
}


def schema(*arguments):
    done = run("rtblc", "schema", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def any_document():
    body = schema()
    jsonschema.Draft202012Validator.check_schema(body)
    return jsonschema.Draft202012Validator(body)


def documents(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document is not None]


def codes(name):
    return set(re.findall(r"\[(RT\d{4})\]", (BAD / f"{name}.txt").read_text()))


@pytest.mark.parametrize("path", sorted((ROOT / "policies").rglob("*.yaml")), ids=lambda path: str(path.relative_to(ROOT)))
def test_policies_are_valid(any_document, path):
    for document in documents(path):
        errors = [f"{error.json_path}: {error.message}" for error in any_document.iter_errors(document)]
        assert not errors, f"{path}: {document['kind']}: {errors}"
        of_kind = schema(document["kind"])
        jsonschema.Draft202012Validator.check_schema(of_kind)
        jsonschema.Draft202012Validator(of_kind).validate(document)


@pytest.mark.parametrize("name", sorted(path.stem for path in BAD.glob("*.yaml")))
def test_mistakes_of_shape_are_refused(any_document, name):
    try:
        found = documents(BAD / f"{name}.yaml")
    except (yaml.YAMLError, UnicodeDecodeError, ValueError):
        pytest.skip("not YAML, which is what the file is for")
    if not all(isinstance(document, dict) for document in found):
        pytest.skip("not documents, which is what the file is for")
    valid = all(any_document.is_valid(document) for document in found)
    expected = codes(name)
    if expected & SHAPE and name not in BEYOND:
        assert not valid, f"{name}: rtblc says {sorted(expected & SHAPE)}, the schema says nothing"
    elif not any(code.startswith(("RT01", "RT05")) for code in expected):
        errors = [f"{error.json_path}: {error.message}" for document in found for error in any_document.iter_errors(document)]
        assert valid, f"{name}: rtblc finds no fault in its shape, the schema does: {errors}"


def test_a_kind_is_found_in_any_case_and_a_wrong_one_named():
    assert schema("apipolicy")["title"] == "APIPolicy"
    done = run("rtblc", "schema", "APIPolciy")
    assert done.returncode == 64
    assert "did you mean APIPolicy" in done.stderr


def test_a_list_of_documents_is_a_document(any_document):
    api = documents(BAD / "api-open.yaml")[0]
    assert any_document.is_valid({"apiVersion": "v1", "kind": "List", "items": [api]})
    assert not any_document.is_valid({"apiVersion": "v1", "kind": "List", "items": [{**api, "spec": {}}]})
    assert not any_document.is_valid({**api, "kind": "Api"})
    assert any_document.is_valid({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 1}})
