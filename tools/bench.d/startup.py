"""From starting the dataplane to its first answer."""

import pathlib
import socket
import statistics
import subprocess
import tempfile
import time

import messages
import processes
import proxies

ROUNDS = 15


def _first_answer(table, upstream_port):
    """Milliseconds from the start of the process to the first answer through it, and its memory then."""
    port = processes.free_port()
    request = b"POST /chat/1.0/chat/completions HTTP/1.1\r\nHost: bench.local\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(messages.REQUEST), messages.REQUEST)
    command = [
        str(processes.binary("dataplane")), "--table", str(table), "--workers", "1", "--listen", f"127.0.0.1:{port}",
        "--admin", f"127.0.0.1:{processes.free_port()}", "--backend", f"bench=http://127.0.0.1:{upstream_port}"]
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                connection = socket.create_connection(("127.0.0.1", port), 1)
                break
            except ConnectionRefusedError:
                if process.poll() is not None:
                    raise SystemExit("bench: the dataplane did not start")
                time.sleep(0.0002)
        with connection:
            connection.sendall(request)
            answer = connection.recv(65536)
            took = time.perf_counter() - begun
        if b" 200 " not in answer[:20]:
            raise SystemExit(f"bench: the first answer was {answer[:80]}")
        time.sleep(0.3)
        memory = [int(line.split()[1]) * 1024 for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines() if line.startswith("VmRSS:")]
        return took * 1e3, memory[0]
    finally:
        process.terminate()
        process.wait()


def measure():
    with tempfile.TemporaryDirectory(prefix="roundtable-startup-") as temporary:
        directory = pathlib.Path(temporary)
        table = directory / "routes.rtbl"
        subprocess.run([processes.binary("rtblc"), "compile", proxies.HERE / "routes.yaml", "-o", table], check=True, stderr=subprocess.DEVNULL)
        with proxies.upstream(directory, processes.free_port(), messages.ANSWER) as upstream:
            runs = [_first_answer(table, upstream.port) for _ in range(ROUNDS)]
    millis, memory = [run[0] for run in runs], max(run[1] for run in runs)
    print(f"start to first answer: median {statistics.median(millis):.1f} ms, longest {max(millis):.1f} ms; memory then {memory / 1e6:.1f} MB")
    return {"milliseconds": millis, "rss": memory}
