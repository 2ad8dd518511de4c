"""A stand-in for a Kubernetes API server: discovery, lists and watches of custom resources, over plain HTTP."""

import http.server
import json
import threading
import urllib.parse

import yaml

#: kind: (group, versions that are served, plural)
SERVED = {
    "API": ("dp.wso2.com", ["v1alpha2", "v1alpha3"], "apis"),
    "Backend": ("dp.wso2.com", ["v1alpha1", "v1alpha2"], "backends"),
    "APIPolicy": ("dp.wso2.com", ["v1alpha3", "v1alpha4"], "apipolicies"),
    "AIProvider": ("dp.wso2.com", ["v1alpha4"], "aiproviders"),
    "Authentication": ("dp.wso2.com", ["v1alpha2"], "authentications"),
    "HTTPRoute": ("gateway.networking.k8s.io", ["v1beta1", "v1"], "httproutes"),
    "Secret": ("", ["v1"], "secrets"),
}


class Cluster:
    """Objects, and everything that has happened to them. `address` is where kubectl finds it."""

    def __init__(self, port=0):
        self.changed = threading.Condition()
        self.version, self.oldest = 1000, 1000
        self.objects, self.events = {}, []
        self.served = dict(SERVED)
        self.requests, self.forbidden = [], set()
        self.epoch = 0
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (Handler,), {"cluster": self}))
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.cut()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def kubeconfig(self, path):
        """Writes what `kubectl` needs, and says where."""
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test", "users": [{"name": "test", "user": {}}],
            "clusters": [{"name": "test", "cluster": {"server": self.address}}], "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        }))
        return path

    def apply(self, text, namespace="default"):
        for document in yaml.safe_load_all(text):
            if document:
                self.put(document, namespace)

    def put(self, document, namespace="default"):
        metadata = document["metadata"]
        key = (document["kind"], metadata.setdefault("namespace", namespace), metadata["name"])
        with self.changed:
            self.version += 1
            kept = json.loads(json.dumps(document))
            kept["metadata"].update(resourceVersion=str(self.version), uid=f"uid-{self.version}", managedFields=[{"manager": "kubectl"}], generation=1)
            kept["metadata"].setdefault("annotations", {})["kubectl.kubernetes.io/last-applied-configuration"] = "{}"
            kept["status"] = {"conditions": []}
            self.events.append((self.version, "MODIFIED" if key in self.objects else "ADDED", key[0], kept))
            self.objects[key] = kept
            self.changed.notify_all()

    def delete(self, kind, name, namespace="default"):
        with self.changed:
            self.version += 1
            gone = self.objects.pop((kind, namespace, name))
            gone["metadata"]["resourceVersion"] = str(self.version)
            self.events.append((self.version, "DELETED", kind, gone))
            self.changed.notify_all()

    def cut(self, forget=False):
        """Ends all watches; with `forget` no earlier version can be watched from."""
        with self.changed:
            self.epoch += 1
            if forget:
                self.version += 1
                self.oldest = self.version
            self.changed.notify_all()

    def asked(self, what, kind):
        """How often a kind was listed ("list") or watched ("watch")."""
        return sum(1 for one in self.requests if one == (what, kind))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cluster = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        steps = url.path.strip("/").split("/")
        if steps == ["apis"]:
            return self._groups()
        if steps[0] not in ("apis", "api") or len(steps) < (3 if steps[0] == "apis" else 2):
            return self._fail(404, "not found")
        group, version, rest = (steps[1], steps[2], steps[3:]) if steps[0] == "apis" else ("", steps[1], steps[2:])
        served = {plural: kind for kind, (of, versions, plural) in self.cluster.served.items() if of == group and version in versions}
        if not rest:
            return self._resources(f"{group}/{version}".lstrip("/"), served)
        namespace = rest.pop(1) if rest[0] == "namespaces" and len(rest) > 1 else None
        kind = served.get(rest[-1])
        if not kind:
            return self._fail(404, "the server could not find the requested resource")
        if kind in self.cluster.forbidden:
            return self._fail(403, f'{rest[-1]} is forbidden: User "system:serviceaccount:x:y" cannot list resource')
        if "watch" in query:
            self.cluster.requests.append(("watch", kind))
            return self._watch(kind, namespace, int(query["resourceVersion"]))
        self.cluster.requests.append(("list", kind))
        self._list(kind, namespace, group, version, int(query.get("limit", 0)), int(query.get("continue", 0)))

    def _groups(self):
        groups = {}
        for group, versions, _ in self.cluster.served.values():
            if group:
                groups.setdefault(group, set()).update(versions)
        self._answer({"kind": "APIGroupList", "groups": [
            {"name": group, "versions": [{"groupVersion": f"{group}/{version}", "version": version} for version in sorted(versions)]} for group, versions in groups.items()
        ]})

    def _resources(self, version, served):
        resources = [{"name": plural, "kind": kind, "namespaced": True, "verbs": ["get", "list", "watch"]} for plural, kind in served.items()]
        resources += [{"name": f"{plural}/status", "kind": kind, "namespaced": True, "verbs": ["get"]} for plural, kind in served.items()]
        self._answer({"kind": "APIResourceList", "groupVersion": version, "resources": resources})

    def _list(self, kind, namespace, group, version, limit, skip):
        with self.cluster.changed:
            items = [one for (of, within, _), one in sorted(self.cluster.objects.items()) if of == kind and namespace in (None, within)]
            metadata = {"resourceVersion": str(self.cluster.version)}
        rest = items[skip:]
        if limit and len(rest) > limit:
            rest, metadata["continue"] = rest[:limit], str(skip + limit)
        # as a real server does, the items of a list of a core kind do not say what they are
        rest = [one if group else {name: value for name, value in one.items() if name not in ("apiVersion", "kind")} for one in rest]
        self._answer({"kind": f"{kind}List", "apiVersion": f"{group}/{version}".lstrip("/"), "metadata": metadata, "items": rest})

    def _watch(self, kind, namespace, seen):
        cluster = self.cluster
        if seen < cluster.oldest:
            return self._fail(410, f"too old resource version: {seen} ({cluster.oldest})")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        epoch = cluster.epoch
        try:
            while True:
                with cluster.changed:
                    cluster.changed.wait_for(lambda: cluster.epoch != epoch or cluster.version > seen)
                    fresh = [event for event in cluster.events if event[0] > seen and event[2] == kind and namespace in (None, event[3]["metadata"]["namespace"])]
                    ended, seen = cluster.epoch != epoch, cluster.version
                for _, what, _, one in () if ended else fresh:
                    self._chunk({"type": what, "object": one})
                if ended:
                    break
                self._chunk({"type": "BOOKMARK", "object": {"kind": kind, "metadata": {"resourceVersion": str(seen)}}})
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            pass
        self.close_connection = True

    def _chunk(self, value):
        line = json.dumps(value).encode() + b"\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.flush()

    def _fail(self, status, message):
        self._answer({"kind": "Status", "status": "Failure", "code": status, "message": message}, status)

    def _answer(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
