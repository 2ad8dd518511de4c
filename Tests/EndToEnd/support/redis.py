"""A real Redis on a free port, and the few words of its protocol that tests need."""

import shutil
import signal
import socket
import subprocess
import tempfile
import time

from .programs import free_port


class RedisError(Exception):
    pass


class Client:
    def __init__(self, port, timeout=5):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.stream = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.socket.close()

    def call(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        return self.read()

    def read(self):
        line = self.stream.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.stream.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        assert kind == b"+", line
        return rest


class Redis:
    """redis-server without persistence: whoever kills it takes all that it held. Use it as a context."""

    def __init__(self, *arguments, port=None, password=None):
        self.port = port or free_port()
        self.password = password
        self.arguments = ["--requirepass", password, *arguments] if password else list(arguments)

    def __enter__(self):
        self.start()
        return self

    def start(self):
        self.log = tempfile.TemporaryFile("w+b")
        self.process = subprocess.Popen(
            [shutil.which("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--enable-debug-command", "yes", *self.arguments],
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, cwd=tempfile.gettempdir(),
        )
        deadline = time.monotonic() + 5
        while True:
            try:
                self.call("PING")
                return
            except (OSError, RedisError, AssertionError):
                assert self.process.poll() is None and time.monotonic() < deadline, "redis-server does not start"
                time.sleep(0.01)

    def __exit__(self, *_):
        self.kill()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    @property
    def url(self):
        return f"redis://:{self.password}@127.0.0.1:{self.port}" if self.password else f"redis://127.0.0.1:{self.port}"

    def call(self, *words):
        with Client(self.port) as client:
            if self.password:
                client.call("AUTH", self.password)
            return client.call(*words)

    def suspended(self):
        """What stands: target to the end of its suspension."""
        found = self.call("ZRANGE", "rtbl:suspended", 0, -1, "WITHSCORES")
        return {target.decode(): float(end) for target, end in zip(found[::2], found[1::2])}
