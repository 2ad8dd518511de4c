"""From starting the dataplane to its first answer."""

import pathlib
import socket
import statistics
import tempfile
import time

import messages
import processes
import proxies

ROUNDS = 15


def _first_answer(directory, upstream_port, binary):
    """Milliseconds from the start of the process to the first answer through it, and its memory a little later."""
    server = proxies.dataplane(directory, processes.free_port(), upstream_port)
    server.command[0] = str(binary)
    server.seconds_between_looks = 0.0002
    begun = time.perf_counter()
    with server, socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(messages.request())
        answer = connection.recv(65536)
        took = time.perf_counter() - begun
        if b" 200 " not in answer[:20]:
            raise SystemExit(f"bench: the first answer was {answer[:80]}")
        time.sleep(0.3)
        return took * 1e3, server.rss_bytes()


def measure():
    builds = {"shared libraries": processes.binary("dataplane"), "static": processes.ROOT / ".build-static/release/dataplane"}
    results = {}
    with tempfile.TemporaryDirectory(prefix="roundtable-startup-") as temporary:
        directory = pathlib.Path(temporary)
        proxies.table_of(directory)
        with proxies.upstream(directory, processes.free_port(), messages.ANSWER) as upstream:
            for build, binary in builds.items():
                if not binary.exists():
                    continue
                runs = [_first_answer(directory, upstream.port, binary) for _ in range(ROUNDS)]
                millis, memory = [run[0] for run in runs], max(run[1] for run in runs)
                print(f"{build}: start to first answer: median {statistics.median(millis):.1f} ms, longest {max(millis):.1f} ms; memory then {memory / 1e6:.1f} MB")
                results[build] = {"milliseconds": millis, "rss": memory}
    return {"builds": results}
