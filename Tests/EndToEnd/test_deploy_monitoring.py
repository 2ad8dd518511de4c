"""tools/deploy/grafana: the alert rules fire when they should, by promtool, and all that they and the dashboard ask for is
there in what the dataplane exports."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from support import wire
from support.identity import ISSUER, Identity, Key, bearer, token
from support.policies import Backend, Chat, token_issuer
from support.programs import ROOT, Dataplane, compile_table
from support.scripted import answer

pytestmark = pytest.mark.unsanitized

GRAFANA = ROOT / "tools/deploy/grafana"
DASHBOARD = json.loads((GRAFANA / "dashboard.json").read_text())
ALERTS = {rule["alert"]: rule for group in yaml.safe_load((GRAFANA / "alerts.yaml").read_text())["groups"] for rule in group["rules"]}
#: Labels that Prometheus adds.
OF_PROMETHEUS = {"job", "instance"}


def promtool(*arguments):
    found = shutil.which("promtool", path=f"{ROOT / '.venv-test/bin'}:/usr/bin:/usr/local/bin")
    assert found, "promtool is missing: tools/test fetches it"
    return subprocess.run([found, *map(str, arguments)], capture_output=True, text=True)


def panels():
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def expressions():
    """{place: expression} of all that is asked of Prometheus, with Grafana's variables filled in."""
    found = {f"alert {name}": rule["expr"] for name, rule in ALERTS.items()}
    found |= {f"panel {panel['title']}": target["expr"] for panel in panels() for target in panel["targets"]}
    found |= {f"annotation {one['name']}": one["expr"] for one in DASHBOARD["annotations"]["list"]}
    return {place: text.replace("$__rate_interval", "5m").replace("$job", ".*").replace("$instance", ".*").replace("$api", ".*") for place, text in found.items()}


def test_the_rules_and_all_expressions_are_promql(tmp_path):
    done = promtool("check", "rules", GRAFANA / "alerts.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    rules = [{"record": f"x:{number}", "expr": text} for number, text in enumerate(expressions().values())]
    (tmp_path / "all.yaml").write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": rules}]}))
    done = promtool("check", "rules", tmp_path / "all.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


#: alert: (series with their values a minute, minute, labels of the alert, or None where it must not fire)
CASES = [
    ("RoundtableAllSuspended", {'rtbl_target_suspended{pool="p",model="A"}': "1x9", 'rtbl_target_suspended{pool="p",model="B"}': "1x9"}, 3, {"pool": "p"}),
    ("RoundtableAllSuspended", {'rtbl_target_suspended{pool="p",model="A"}': "1x9", 'rtbl_target_suspended{pool="p",model="B"}': "0x9"}, 3, None),
    ("RoundtableNoWayToTarget", {'rtbl_target_suspended{model="A"}': "1x20", 'rtbl_target_suspended_seconds{model="A"}': "0x20"}, 15, {"model": "A"}),
    ("RoundtableNoWayToTarget", {'rtbl_target_suspended{model="A"}': "1x20", 'rtbl_target_suspended_seconds{model="A"}': "60x20"}, 15, None),
    ("RoundtableReloadFailed", {'rtbl_table_reloads_total{result="refused"}': "0 0 0 1 1 1"}, 5, {"result": "refused"}),
    ("RoundtableReloadFailed", {'rtbl_table_reloads_total{result="loaded"}': "0 0 0 1 1 1", 'rtbl_table_reloads_total{result="refused"}': "0x5"}, 5, None),
    ("RoundtableTablesDiffer", {'rtbl_table_info{job="j",instance="a",digest="1"}': "1x30", 'rtbl_table_info{job="j",instance="b",digest="2"}': "1x30"}, 25, {"job": "j"}),
    ("RoundtableTablesDiffer", {'rtbl_table_info{job="j",instance="a",digest="1"}': "1x30", 'rtbl_table_info{job="j",instance="b",digest="1"}': "1x30"}, 25, None),
    ("RoundtableErrors", {'rtbl_requests_total{api="x",environment="production",code="200"}': "0+90x20", 'rtbl_requests_total{api="x",environment="production",code="502"}': "0+10x20"},
     15, {"api": "x", "environment": "production"}),
    ("RoundtableErrors", {'rtbl_requests_total{api="x",code="200"}': "0+99x20", 'rtbl_requests_total{api="x",code="404"}': "0+50x20", 'rtbl_requests_total{api="",code="503"}': "0+50x20"}, 15, None),
    ("RoundtableBackendUnhealthy", {'rtbl_backend_healthy{backend="b"}': "0x9"}, 8, {"backend": "b"}),
    ("RoundtableBackendCertificate", {'rtbl_upstream_attempts_total{backend="b",result="certificate"}': "0 1 2 3 4"}, 4, {"backend": "b", "result": "certificate"}),
    ("RoundtableBackendCertificate", {'rtbl_upstream_attempts_total{backend="b",result="answered"}': "0 1 2 3 4"}, 4, None),
    ("RoundtableKeysUnavailable", {'rtbl_authentication_total{api="x",result="unavailable"}': "0+1x9"}, 8, {"api": "x", "result": "unavailable"}),
    ("RoundtableSlow", {'rtbl_overhead_seconds_bucket{instance="i",le="0.001"}': "0+1x30", 'rtbl_overhead_seconds_bucket{instance="i",le="1"}': "0+9x30", 'rtbl_overhead_seconds_bucket{instance="i",le="+Inf"}': "0+9x30"},
     25, {"instance": "i"}),
]


def test_every_alert_fires_when_it_should_and_only_then(tmp_path):
    assert {name for name, _, _, labels in CASES if labels} == set(ALERTS)
    tests = []
    for name, series, minute, labels in CASES:
        # promtool compares annotations too: they are filled in by the test of names and labels below
        expected = [{"exp_labels": {**labels, **ALERTS[name]["labels"]}}] if labels else []
        tests.append({
            "interval": "1m", "input_series": [{"series": one, "values": values} for one, values in series.items()],
            "alert_rule_test": [{"alertname": name, "eval_time": f"{minute}m", "exp_alerts": expected}],
        })
    bare = [{name: value for name, value in rule.items() if name != "annotations"} for rule in ALERTS.values()]
    (tmp_path / "alerts.yaml").write_text(yaml.safe_dump({"groups": [{"name": "roundtable", "rules": bare}]}))
    (tmp_path / "test.yaml").write_text(yaml.safe_dump({"rule_files": ["alerts.yaml"], "evaluation_interval": "1m", "tests": tests}))
    done = promtool("test", "rules", tmp_path / "test.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def exported(text):
    """{metric: names of its labels} of Prometheus' text format; histograms by their parts."""
    found = {name: set() for name in re.findall(r"^# TYPE (\S+) (?!histogram)", text, re.MULTILINE)}
    for name in re.findall(r"^# TYPE (\S+) histogram", text, re.MULTILINE):
        found |= {f"{name}_bucket": set(), f"{name}_sum": set(), f"{name}_count": set()}
    for name, labels in re.findall(r"^([a-z_]+)(?:\{(.*)\})? ", text, re.MULTILINE):
        found.setdefault(name, set()).update(re.findall(r'(\w+)="(?:[^"\\]|\\.)*"', labels))
    return found


@pytest.fixture
def metrics(scripted, stack, tmp_path):
    """What a dataplane exports that has something of everything: a model that answers, one that is not reached and is repeated
    at, one suspended by hand, a health check, a circuit breaker, callers with and without a token."""
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    one, two = scripted(lambda request, number: answer(body={"usage": usage, "model": "A"})), scripted(lambda request, number: answer(503))
    key = Key("ES256")
    identity = stack.enter_context(Identity(key))
    limits = {"maxConnections": 100, "maxPendingRequests": 100, "maxRequests": 100, "maxRetries": 100}
    check = {"timeout": 1, "interval": 1, "unhealthyThreshold": 2, "healthyThreshold": 2}
    backends = [
        Backend("one", one.port, more={"healthCheck": check, "circuitBreaker": limits}), Backend("two", two.port, more={"retry": {"count": 1, "statusCodes": [503]}})]
    policies = Chat(backends, production=[("A", "one"), ("B", "two")], more=(token_issuer(ISSUER, url=identity.jwks_url),))
    dataplane = stack.enter_context(Dataplane(compile_table(tmp_path, policies.yaml())))
    for _ in range(4):
        assert wire.ask(dataplane, headers=bearer(token(key))).status == 200
    assert wire.ask(dataplane).status == 401
    dataplane.admin(f"/targets/{dataplane.targets()[('B', 'two')]['id']}/suspend?seconds=60", "POST")
    return exported(dataplane.metrics())


def names_and_labels(expression):
    """The metrics of an expression, each with the labels that it asks for."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', expression)
    by = set().union(*(set(re.findall(r"\w+", names)) for names in re.findall(r"\bby \(([^)]*)\)", bare)))
    found = {}
    for name, selectors in re.findall(r"\b((?:rtbl|gen_ai)_[a-z_]+)\b(?!\s*[,)]\s*\(?rate)(?:\{([^}]*)\})?", re.sub(r"\bby \([^)]*\)", "", bare)):
        found[name] = by | set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selectors))
    return found


def test_every_metric_and_label_is_one_that_the_dataplane_exports(metrics):
    asked = 0
    for place, text in expressions().items():
        wanted = names_and_labels(text)
        assert wanted, f"{place}: {text}"
        for name, labels in wanted.items():
            asked += 1
            assert name in metrics, f"{place} asks for {name}, which the dataplane does not export: {sorted(metrics)}"
            if metrics[name]:  # else no series of it is there now
                missing = labels - metrics[name] - OF_PROMETHEUS
                assert not missing, f"{place} asks for {missing} of {name}, which has {sorted(metrics[name])}"
    assert asked > 30
    for variable in DASHBOARD["templating"]["list"][1:]:
        name, label = re.match(r"label_values\((\w+).*, (\w+)\)", variable["definition"]).groups()
        assert label in metrics[name] | OF_PROMETHEUS


def test_annotations_name_labels_that_the_alert_has():
    for name, rule in ALERTS.items():
        assert rule["labels"]["severity"] in ("critical", "warning") and set(rule["annotations"]) == {"summary", "description"}
        used = set(re.findall(r"\$labels\.(\w+)", "".join(rule["annotations"].values())))
        by = re.search(r"by \(([^)]*)\)", rule["expr"])
        if by:
            assert used <= set(re.findall(r"\w+", by[1])), name


def test_the_dashboard_is_in_the_form_that_grafana_loads():
    assert DASHBOARD["uid"] and DASHBOARD["title"] and DASHBOARD["schemaVersion"] >= 36 and "id" not in DASHBOARD
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(numbers) == len(set(numbers))
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24 and not cells & taken, f"{panel['title']} lies over another"
        taken |= cells
    for panel in panels():
        assert panel["type"] in ("timeseries", "state-timeline", "bargauge", "table", "stat") and panel["fieldConfig"]["defaults"]["unit"]
        assert panel["datasource"]["uid"] == "${datasource}"
        references = [target["refId"] for target in panel["targets"]]
        assert references == sorted(set(references))
        # every name in a legend is a label that is left
        for target in panel["targets"]:
            legend, by = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])), re.findall(r"\bby \(([^)]*)\)", target["expr"])
            assert legend <= (set(re.findall(r"\w+", by[0])) if by else OF_PROMETHEUS), panel["title"]
    variables = {one["name"] for one in DASHBOARD["templating"]["list"]}
    assert set(re.findall(r"\$\{?([a-z]\w*)", json.dumps(DASHBOARD))) - {"__rate_interval"} <= variables
