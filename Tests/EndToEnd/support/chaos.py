"""Backends and clients that misbehave at random, all in one event loop, and a record of what reached whom."""

import asyncio
import contextlib
import dataclasses
import json
import random
import re
import socket
import struct

HEAD_END = b"\r\n\r\n"
#: What a backend answers when it says "not done": the same request may go elsewhere.
NOT_DONE = (429, 503, 529)
#: In bytes that no client may ever see: behind the end of an answer, or before a request.
POISON = b"poisoned-answer"


class Fault(Exception):
    """Something that must never happen."""


@dataclasses.dataclass
class Arrival:
    """One request as one backend received it."""

    backend: str
    #: 200 or one of NOT_DONE; None: no whole head of an answer was sent
    status: int | None = None
    #: whether all of the answer was sent
    whole: bool = False


@dataclasses.dataclass
class Record:
    """What is known of all requests, by their nonce."""

    arrivals: dict = dataclasses.field(default_factory=dict)
    faults: list = dataclasses.field(default_factory=list)
    counts: dict = dataclasses.field(default_factory=dict)

    def fault(self, text):
        self.faults.append(text)

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def arrived(self, nonce, backend):
        """Notes an arrival. A request comes again only behind an answer that said "not done"."""
        earlier = self.arrivals.setdefault(nonce, [])
        if earlier and earlier[-1].status not in NOT_DONE:
            self.fault(f"{nonce} reached {backend} after {earlier}")
        if len(earlier) >= 3:
            self.fault(f"{nonce} reached {backend} as attempt {len(earlier) + 1}")
        earlier.append(Arrival(backend))
        return earlier[-1]


def reset_on_close(writer):
    with contextlib.suppress(OSError, AttributeError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def read_chunked(reader):
    body = b""
    while True:
        size = int((await reader.readuntil(b"\r\n"))[:-2].split(b";")[0], 16)
        piece = await reader.readexactly(size + 2)
        if piece[-2:] != b"\r\n":
            raise Fault(f"a chunk ends in {piece[-2:]}")
        if size == 0:
            return body
        body += piece[:-2]


def fields_of(head):
    return {name.decode().lower(): value.strip().decode() for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:] if line)}


class ChaosBackend:
    """Takes nothing but requests in the one form that the dataplane writes them in, with its own credential."""

    def __init__(self, name, record, seed, credential, foreign, tls=None):
        self.name, self.record, self.tls = name, record, tls
        self.random = random.Random(seed)
        #: (header, beginning of every value that it ever has), and marks that must never be seen here
        self.credential, self.foreign = credential, foreign
        self.tasks = set()

    async def start(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls, limit=1 << 20, backlog=256)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self):
        self.server.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self.tasks.add(task)
        try:
            if self.random.random() < 0.01:
                reset_on_close(writer)
                return
            if self.random.random() < 0.01:
                # too busy to look at any request
                writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                await asyncio.sleep(0.02)
                return
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            pass
        except Exception as error:  # noqa: BLE001: whatever it is, the request was not in the form that it must have
            self.record.fault(f"{self.name}: {error!r}")
        finally:
            self.tasks.discard(task)
            writer.close()  # behind what is still to be sent

    async def _exchange(self, reader, writer):
        head = await reader.readuntil(HEAD_END)
        fields = fields_of(head)
        self._check_head(head, fields)
        nonce = fields["x-nonce"]
        arrival = self.record.arrived(nonce, self.name)
        behaviour = self.random.choices(
            ["whole", "chunked", "events", "until close", "not done", "early", "cut", "silent", "garbage", "poison", "interim"],
            [30, 14, 14, 3, 10, 2, 4, 2, 2, 3, 4])[0]
        self.record.count(behaviour)
        if behaviour == "early":
            return await self._answer_early(writer, arrival, nonce)
        body = await reader.readexactly(int(fields.get("content-length", 0)))
        if body:
            self._check_body(body, nonce)
        if self.random.random() < 0.3:
            await asyncio.sleep(self.random.choice([0.001, 0.01, 0.05, 0.2]))
        return await getattr(self, f"_{behaviour.replace(' ', '_')}")(writer, arrival, nonce)

    def _check_head(self, head, fields):
        if not re.fullmatch(rb"(POST|GET) /v1/chat/completions HTTP/1\.1", head.split(b"\r\n")[0]):
            raise Fault(f"another request: {head[:200]}")
        name, prefix = self.credential
        if not fields.get(name, "").startswith(prefix):
            raise Fault(f"its credential is {fields.get(name)!r}")
        for mark in self.foreign:
            if mark.encode() in head:
                raise Fault(f"{mark} of somebody else in {head!r}")

    def _check_body(self, body, nonce):
        document = json.loads(body)
        if document["nonce"] != nonce or not document["model"].startswith("model-"):
            raise Fault(f"the body of {document['nonce']} behind the head of {nonce}, for {document['model']}")

    def _head(self, nonce, status=200, framing="", more=""):
        return f"HTTP/1.1 {status} Chaos\r\nX-Nonce: {nonce}\r\n{more}{framing}\r\n".encode()

    def _document(self, nonce):
        pad = "p" * self.random.choices([0, 10, 1000, 60_000, 900_000], [6, 6, 6, 5, 1])[0]
        tokens = self.random.randrange(50)
        return json.dumps({"nonce": nonce, "usage": {"prompt_tokens": tokens, "completion_tokens": 1, "total_tokens": tokens + 1}, "pad": pad}).encode()

    async def _send(self, writer, data):
        """In one piece or in several."""
        while data:
            size = len(data) if self.random.random() < 0.7 else self.random.randint(1, len(data))
            writer.write(data[:size])
            await writer.drain()
            data = data[size:]
            if data and self.random.random() < 0.5:
                await asyncio.sleep(0.002)

    async def _whole(self, writer, arrival, nonce, status=200, more="", behind=b""):
        document = self._document(nonce)
        arrival.status = status
        framing = f"Content-Type: application/json\r\nContent-Length: {len(document)}\r\n"
        closes = not behind and self.random.random() < 0.05
        arrival.whole = True  # before the client can have it
        await self._send(writer, self._head(nonce, status, framing, more + ("Connection: close\r\n" if closes else "")) + document + behind)
        return not closes and self.random.random() > 0.03  # else the connection ends without a word

    async def _chunked(self, writer, arrival, nonce, kind="application/json", pieces=None, until=None):
        pieces = pieces or [self._document(nonce)]
        arrival.status = 200
        await self._send(writer, self._head(nonce, framing=f"Content-Type: {kind}\r\nTransfer-Encoding: chunked\r\n"))
        for piece in pieces[:until]:
            await self._send(writer, b"%x\r\n%s\r\n" % (len(piece), piece))
            if len(pieces) > 1:
                await asyncio.sleep(self.random.choice([0, 0, 0.005]))
        if until is not None:
            reset_on_close(writer) if self.random.random() < 0.5 else None
            return False
        arrival.whole = True
        await self._send(writer, b"0\r\n\r\n")
        return True

    def _pieces(self, nonce):
        events = [b"data: %s\n\n" % json.dumps({"nonce": nonce, "n": n}).encode() for n in range(self.random.randrange(1, 12))]
        return [*events, b"data: %s\n\n" % self._document(nonce), b"data: [DONE]\n\n"]

    async def _events(self, writer, arrival, nonce):
        return await self._chunked(writer, arrival, nonce, "text/event-stream", self._pieces(nonce))

    async def _cut(self, writer, arrival, nonce):
        pieces = self._pieces(nonce)
        return await self._chunked(writer, arrival, nonce, "text/event-stream", pieces, self.random.randrange(len(pieces)))

    async def _until_close(self, writer, arrival, nonce):
        arrival.status = 200
        arrival.whole = True
        await self._send(writer, self._head(nonce, framing="Content-Type: application/json\r\n") + self._document(nonce))
        if self.tls:
            writer.close()
            await asyncio.sleep(0.05)
        else:
            writer.write_eof()
            await asyncio.sleep(0.01)
        return False

    async def _not_done(self, writer, arrival, nonce):
        status = self.random.choices(NOT_DONE, [1, 2, 2])[0]
        more = self.random.choice(["", "Retry-After: 0\r\n", "retry-after-ms: 100\r\n", "x-ratelimit-remaining-requests: 0\r\n"])
        return await self._whole(writer, arrival, nonce, status, more)

    async def _answer_early(self, writer, arrival, nonce):
        arrival.status, arrival.whole = 503, True
        document = self._document(nonce)
        await self._send(writer, self._head(nonce, 503, f"Content-Type: application/json\r\nContent-Length: {len(document)}\r\nConnection: close\r\n") + document)
        await asyncio.sleep(0.02)
        return False

    async def _silent(self, writer, arrival, nonce):
        if self.random.random() < 0.5:
            reset_on_close(writer)
        return False

    async def _garbage(self, writer, arrival, nonce):
        await self._send(writer, self.random.choice([
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Nonce: %s\r\n" % nonce.encode(),
            b"HTTP/1.1 101 Switching\r\n\r\n", bytes(self.random.randrange(256) for _ in range(200))]))
        return False

    async def _poison(self, writer, arrival, nonce):
        return await self._whole(writer, arrival, nonce, behind=b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(POISON), POISON))

    async def _interim(self, writer, arrival, nonce):
        await self._send(writer, b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * self.random.randint(1, 3))
        return await self._whole(writer, arrival, nonce)


class ChaosClient:
    """Connections one after another, each with requests of every kind until something ends it."""

    PATH = "/chat/1.0/chat/completions"

    def __init__(self, number, record, seed, port, tls, token):
        self.number, self.record, self.port, self.tls, self.token = number, record, port, tls, token
        self.random = random.Random(seed)
        self.made = 0

    async def run(self, deadline):
        loop = asyncio.get_running_loop()
        while loop.time() < deadline:
            try:
                await asyncio.wait_for(self._connection(deadline), 30)
            except TimeoutError:
                self.record.fault(f"client {self.number}: nothing for 30 s")
            except (OSError, asyncio.IncompleteReadError, EOFError):
                self.record.count("client's connection ended")
            except Fault as fault:
                self.record.fault(f"client {self.number}: {fault}")

    async def _connection(self, deadline):
        options = {"ssl": self.tls, "server_hostname": "chat.local"} if self.tls else {}
        connection = socket.socket()
        connection.setblocking(False)
        if is_slow := self.random.random() < 0.25:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.port))
        reader, writer = await asyncio.open_connection(sock=connection, limit=1 << 20, **options)
        try:
            for _ in range(self.random.randint(1, 12)):
                if is_slow and self.random.random() < 0.5:
                    self._pause_reading(writer.transport)
                if asyncio.get_running_loop().time() > deadline or not await self._step(reader, writer):
                    return
        finally:
            if self.random.random() < 0.3:
                reset_on_close(writer)
            writer.transport.abort() if self.random.random() < 0.5 else writer.close()

    def _pause_reading(self, transport):
        """For a while; what is sent meanwhile has little room."""

        def resume():
            if not transport.is_closing():
                with contextlib.suppress(RuntimeError, AttributeError):
                    transport.resume_reading()

        with contextlib.suppress(RuntimeError):
            transport.pause_reading()
            asyncio.get_running_loop().call_later(self.random.uniform(0, 0.2), resume)

    async def _step(self, reader, writer):
        kind = self.random.choices(
            ["ask", "pipeline", "slow", "abort request", "abort answer", "preflight", "refused", "half close", "old"], [40, 12, 8, 6, 6, 6, 10, 3, 3])[0]
        self.record.count(kind)
        self.kind, self.followers = kind, []
        return await getattr(self, f"_{kind.replace(' ', '_')}")(reader, writer)

    # requests

    def _request(self, version="1.1", more=""):
        """(nonce, its bytes)"""
        self.made += 1
        nonce = f"n-{self.number}-{self.made}"
        pad = "x" * self.random.choice([0, 0, 10, 3000, 20_000, 100_000])
        body = json.dumps({"nonce": nonce, "model": "the client's", "pad": pad, **({"model ": 1} if self.random.random() < 0.1 else {})}).encode()
        if self.random.random() < 0.1:
            body = body[:-1] + b', "model": "twice"}'
        origin = "Origin: https://page.example.com\r\n" if self.random.random() < 0.3 else ""
        head = (f"POST {self.PATH} HTTP/{version}\r\nHost: chat.local\r\nAuthorization: Bearer {self.token}\r\nx-key: client-secret\r\n"
                f"X-Nonce: {nonce}\r\nContent-Type: application/json\r\n{origin}{more}")
        if version == "1.1" and self.random.random() < 0.3:
            return nonce, head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + self._chunks(body)
        return nonce, head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body

    def _chunks(self, body):
        coded = b""
        while body:
            size = self.random.randint(1, max(1, len(body)))
            coded += b"%x\r\n%s\r\n" % (size, body[:size])
            body = body[size:]
        return coded + b"0\r\n\r\n"

    # answers

    async def _answer(self, reader, nonce):
        """Reads one answer, which must be that of `nonce`. False: the connection ends."""
        try:
            head = await reader.readuntil(HEAD_END)
            while head.startswith(b"HTTP/1.1 100"):
                head = await reader.readuntil(HEAD_END)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            arrivals = self.record.arrivals.get(nonce)
            # where an answer is cut, the reset may overtake what there was of it
            if (not arrivals or arrivals[-1].whole or arrivals[-1].status is None) and not self._was_overtaken():
                self.record.fault(f"{nonce} ({self.kind}): the connection ended before an answer: {error!r}; arrivals {arrivals}")
            return False
        status, fields = int(head.split(b" ", 2)[1]), fields_of(head)
        self.record.count(status)
        own = fields.get("x-nonce")
        if status == 503 and not own:
            await asyncio.sleep(0.05)  # all are suspended, or out of reach
        if own not in (None, nonce):
            raise Fault(f"the answer of {own} to {nonce}")
        arrivals = self.record.arrivals.get(nonce, [])
        if status == 200 and own is None:
            raise Fault(f"{nonce}: 200 from nobody: {head!r}")
        try:
            body = await self._body(reader, fields)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            if arrivals and arrivals[-1].whole and not self._was_overtaken():
                how = f"{len(error.partial)} bytes, then the end" if isinstance(error, asyncio.IncompleteReadError) else repr(error)
                self.record.fault(f"{nonce} ({self.kind}, {'TLS' if self.tls else 'plain'}): a whole answer was cut, {how}: {head!r}, {arrivals}")
            return False
        if POISON in body:
            raise Fault(f"{nonce} got poison")
        if own and nonce.encode() not in body:
            raise Fault(f"{nonce}: a body of somebody else: {body[:200]}")
        if own and not arrivals[-1].whole:
            raise Fault(f"{nonce}: a cut answer looks whole: {head!r}, {arrivals}")
        # behind an answer that says "not done" another attempt may have broken before its request was read
        if status == 502 and arrivals and arrivals[-1].whole and arrivals[-1].status == 200:
            raise Fault(f"{nonce}: 502 though {arrivals}")
        if status in (400, 401, 404, 500, 504):
            raise Fault(f"{nonce}: {status} {body[:300]}")
        return fields.get("connection") != "close"

    def _was_overtaken(self):
        """The reset that cuts the answer to a later request of a pipeline may overtake the present one."""
        return any(later in self.record.arrivals for later in self.followers)

    async def _body(self, reader, fields):
        if fields.get("transfer-encoding") == "chunked":
            return await read_chunked(reader)
        if "content-length" in fields:
            return await reader.readexactly(int(fields["content-length"]))
        return await reader.read(-1)

    # what a client does

    async def _ask(self, reader, writer):
        expects = self.random.random() < 0.05
        nonce, data = self._request(more="Expect: 100-continue\r\n" if expects else "")
        writer.write(data)
        await writer.drain()
        if self.random.random() < 0.1:
            await asyncio.sleep(0.05)
        return await self._answer(reader, nonce)

    async def _pipeline(self, reader, writer):
        requests = [self._request() for _ in range(self.random.randint(2, 6))]
        sending = asyncio.ensure_future(self._send_all(writer, b"".join(data for _, data in requests)))
        try:
            for number, (nonce, _) in enumerate(requests):
                self.followers = [later for later, _ in requests[number + 1 :]]
                if not await self._answer(reader, nonce):
                    return False
            return True
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _send_all(self, writer, data):
        writer.write(data)
        await writer.drain()

    async def _slow(self, reader, writer):
        nonce, data = self._request()
        while data:
            size = self.random.randint(1, max(1, len(data) // 3))
            writer.write(data[:size])
            await writer.drain()
            data = data[size:]
            await asyncio.sleep(self.random.choice([0, 0.002, 0.02]))
        return await self._answer(reader, nonce)

    async def _abort_request(self, reader, writer):
        _, data = self._request()
        writer.write(data[: self.random.randrange(len(data))])
        await writer.drain()
        await asyncio.sleep(self.random.choice([0, 0.001, 0.01]))
        return False

    async def _abort_answer(self, reader, writer):
        _, data = self._request()
        writer.write(data)
        await writer.drain()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reader.read(self.random.choice([1, 100, 10_000])), self.random.choice([0.001, 0.01, 0.1]))
        return False

    async def _preflight(self, reader, writer):
        writer.write((f"OPTIONS {self.PATH} HTTP/1.1\r\nHost: chat.local\r\nOrigin: https://page.example.com\r\nAccess-Control-Request-Method: POST\r\n\r\n").encode())
        head = await reader.readuntil(HEAD_END)
        if not head.startswith(b"HTTP/1.1 204") or fields_of(head).get("access-control-allow-origin") != "https://page.example.com" or b"x-rtbl-attempts" in head:
            raise Fault(f"a preflight: {head!r}")
        return True

    async def _refused(self, reader, writer):
        """A request that never reaches a backend, and is answered for what is wrong with it."""
        nonce, data = self._request()
        head, body = data.split(HEAD_END, 1)
        data, wanted = self.random.choice([
            (data.replace(self.token.encode(), b"no-token"), 401), (data.replace(b"chat.local", b"else.local"), 404),
            (head.replace(b"X-Nonce", b"X Nonce") + HEAD_END + body, 400), (head.replace(b"Content-Type: application/json", b"Content-Type: text/plain") + HEAD_END + body, 415),
            (re.sub(rb"(Transfer-Encoding: chunked|Content-Length: \d+)", b"Content-Length: 9", head) + HEAD_END + b'{"a": 1]}', 400),
            (re.sub(rb"(Transfer-Encoding: chunked|Content-Length: \d+)", b"Content-Length: 9000000", head) + HEAD_END, 413)])
        writer.write(data)
        # a reset may be faster than the answer where the connection ends with bytes under way
        got = await reader.readuntil(HEAD_END)
        fields = fields_of(got)
        await reader.readexactly(int(fields["content-length"]))
        if int(got.split(b" ", 2)[1]) != wanted or "x-nonce" in fields or "x-rtbl-attempts" in fields:
            raise Fault(f"not {wanted}: {got!r}")
        if nonce in self.record.arrivals:
            raise Fault(f"{nonce} was to be refused with {wanted}, and reached {self.record.arrivals[nonce]}")
        return fields.get("connection") != "close"

    async def _half_close(self, reader, writer):
        nonce, data = self._request()
        writer.write(data)
        if writer.can_write_eof():
            writer.write_eof()
        await self._answer(reader, nonce)
        return False

    async def _old(self, reader, writer):
        nonce, data = self._request(version="1.0")
        writer.write(data)
        if await self._answer(reader, nonce):
            raise Fault(f"{nonce}: a connection of HTTP/1.0 is kept")
        return False
