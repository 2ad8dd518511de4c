"""The live page of the admin port, in a real browser, and the stream of events that it lives on."""

import json
import re
import time

import pytest

from support.browser import CONTRASTS, Browser
from support.policies import Backend, Chat
from support.programs import Dataplane, compile_table
from support.scripted import answer
from support.waiting import await_that
from support.wire import Connection, ask, request



#: From the begin of loading to the first rows, in a table of 10,000 targets; measured beside twenty other processes on two cores: 5.
LARGE_TABLE_SECONDS = 10
EVIL = '<img src=x onerror="document.title=\'owned\'">'


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


@pytest.fixture
def open_page(browser):
    """open_page(dataplane, …) opens the page; at the end nothing may have gone wrong in it, and nothing outside been asked."""
    pages = []

    def open(dataplane, path="/", **options):
        url = f"http://127.0.0.1:{dataplane.admin_port}"
        page = browser.open(url + path, **options)
        pages.append((url, page))
        page.expected_problems = []
        return page

    yield open
    for url, page in pages:
        problems = [text for text in page.problems if not any(expected in text for expected in page.expected_problems)]
        outside = [address for address in page.requests if not address.startswith((url + "/", "data:"))]
        page.context.close()
        assert problems == [] and outside == []


@pytest.fixture
def chat(scripted, serve):
    """chat(**options) serves A, A, B in turn at Backend one, and C in the sandbox; `chat.script` makes its answers."""

    def start(script=lambda *_: answer(), **options):
        return serve({"one": scripted(script)}, production=[("A", "one", 2), ("B", "one")], sandbox=[("C", "one")], **options)

    return start


def target(page, model):
    return page.locator(".target", has=page.locator(".name", has_text=re.compile(f"^{re.escape(model)}$")))


def live(page):
    page.locator("#connection", has_text="live").wait_for()
    return page


def eventually(condition):
    """A browser takes its time."""
    await_that(condition, within=8)


# ---- the page ----


def test_pools_with_rotation_shares_and_facts(chat, open_page):
    dataplane = chat()
    for _ in range(6):
        ask(dataplane)
    page = live(open_page(dataplane))
    pools = page.locator(".pool")
    # of models, then of the rules' own Backends
    assert pools.count() == 4 and pools.locator("h2").all_text_contents() == ["default/chat"] * 4
    assert [text.split("default/")[2] for text in pools.locator("header").all_text_contents()] == ["chat", "chat", "chat-production", "chat-sandbox"]
    production = pools.first
    assert "productionpolicy default/chat" in production.locator("header").text_content()
    assert [turn.text_content() for turn in production.locator(".turn").all()] == ["A", "B", "A"]
    assert production.locator(".turns").get_attribute("aria-label") == "Rotation, 3 turns: A B A"
    assert production.locator(".turn.next").count() == 1
    assert target(page, "A").locator(".share").text_content() == "66.7 % · 4 picks66.7 % configured"
    assert target(page, "B").locator(".share").text_content() == "33.3 % · 2 picks33.3 % configured"
    assert target(page, "A").locator(".actual").evaluate("node => node.style.width") == "66.7%"
    status = dataplane.status()
    assert status["digest"].startswith(page.locator("#digest").text_content())
    assert page.locator("#generation").text_content() == str(status["generation"]) and page.locator("#workers").text_content() == str(status["workers"])


def test_traffic_is_seen_within_a_second_or_two(chat, open_page):
    dataplane = chat(lambda message, number: answer() if number % 3 else answer(503), args=["--workers", "1"])
    page = live(open_page(dataplane))
    chart = target(page, "A").locator(".chart")
    assert "at most 0 requests a second, 0 errors" in chart.get_attribute("aria-label")
    begin = time.monotonic()
    for _ in range(9):
        ask(dataplane)
    eventually(lambda: "picks" in target(page, "A").locator(".share").text_content() and " 0 picks" not in target(page, "A").locator(".share").text_content())
    assert time.monotonic() - begin < 3
    eventually(lambda: page.locator("#rate").text_content() != "0" and page.locator("#error-rate").text_content() != "0")
    assert "0 errors" not in page.locator("#overall .chart").get_attribute("aria-label")
    assert page.locator("#overall .chart .errors").get_attribute("d") != ""


def test_a_page_that_is_opened_later_knows_the_past(chat, open_page):
    dataplane = chat()
    for _ in range(6):
        ask(dataplane)
    time.sleep(2.2)  # two events later nobody has looked yet
    page = live(open_page(dataplane))
    assert re.search("at most [1-9] requests a second", target(page, "A").locator(".chart").get_attribute("aria-label"))


def test_a_suspended_target_says_why_counts_down_and_returns(chat, open_page):
    dataplane = chat(lambda message, number: answer(429) if message.model == "A" else answer(), suspend=4)
    page = live(open_page(dataplane))
    ask(dataplane)
    row = target(page, "A")
    row.locator(".pill", has_text="suspended").wait_for()
    assert "429" in row.locator(".reason").text_content() and "since" in row.locator(".reason").text_content()
    seen = {row.locator(".countdown").text_content()}
    assert page.locator("#pools .turn.away").count() == 2 and page.title() == "(1) Roundtable"
    assert page.locator("#announcer").text_content() == "A suspended: 429, quota exhausted."
    eventually(lambda: seen.add(row.locator(".countdown").text_content()) or "active" in row.locator(".pill").text_content())
    assert len(seen - {""}) >= 3 and all(re.fullmatch(r"returns in 0:0[0-4]", text) for text in seen - {""})
    eventually(lambda: page.title() == "Roundtable" and page.locator("#pools .turn.away").count() == 0)
    eventually(lambda: page.locator("#announcer").text_content() == "A returned.")


def test_buttons_on_loopback_need_no_token(chat, open_page):
    dataplane = chat()
    page = live(open_page(dataplane))
    target(page, "A").locator("button").click()
    assert page.locator("#dialog-title").text_content() == "Suspend A" and page.locator("#token").is_hidden()
    page.locator("#seconds").select_option("900")
    page.locator("#dialog-submit").click()
    target(page, "A").locator(".pill", has_text="suspended").wait_for()
    assert "by hand" in target(page, "A").locator(".reason").text_content()
    told = dataplane.targets()["A", "one"]
    assert told["suspended"] and told["reason"] == "manual"
    target(page, "B").locator("button").click()
    assert "503" in page.locator("#dialog-warning").text_content() and page.locator("#dialog-warning").is_visible()
    page.keyboard.press("Escape")
    target(page, "A").get_by_role("button", name="Resume A at default/one").click()
    target(page, "A").locator(".pill", has_text="active").wait_for()
    assert not dataplane.targets()["A", "one"]["suspended"]


def test_buttons_ask_for_the_token_and_say_why_it_is_refused(chat, open_page, tmp_path):
    token = tmp_path / "token"
    token.write_text("open-sesame\n")
    dataplane = chat(args=["--admin-token", token])
    page = live(open_page(dataplane))
    page.expected_problems = ["401"]
    target(page, "A").locator("button").click()
    page.locator("#token").fill("guess")
    page.locator("#dialog-submit").click()
    page.locator("#dialog-error", has_text="401: the admin port did not accept the token").wait_for()
    assert not dataplane.targets()["A", "one"]["suspended"] and page.evaluate("sessionStorage.length") == 0
    page.locator("#token").fill("open-sesame")
    page.locator("#dialog-submit").click()
    target(page, "A").locator(".pill", has_text="suspended").wait_for()
    target(page, "A").locator("button", has_text="Resume").click()  # the tab remembers it
    target(page, "A").locator(".pill", has_text="active").wait_for()
    assert page.evaluate("localStorage.length") == 0 and "open-sesame" not in page.content() + page.evaluate("document.cookie")


def test_by_keyboard_alone(chat, open_page):
    dataplane = chat()
    page = live(open_page(dataplane))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("model:a")
    page.locator("#count", has_text=re.compile("^1 of 5")).wait_for()
    for _ in range(2):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Suspend …"
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineWidth + getComputedStyle(document.activeElement).outlineStyle")
    assert ring == "3pxsolid"
    page.keyboard.press("Enter")
    page.locator("#dialog").wait_for()
    page.keyboard.press("Enter") if page.evaluate("document.activeElement.id") == "dialog-submit" else page.locator("#dialog-submit").press("Enter")
    target(page, "A").locator(".pill", has_text="suspended").wait_for()
    # the dialog gives the focus back to the button, which now resumes
    assert page.evaluate("document.activeElement.textContent") == "Resume"
    page.keyboard.press("Enter")
    target(page, "A").locator(".pill", has_text="active").wait_for()


def test_search_keeps_itself_in_the_address(chat, open_page):
    dataplane = chat()
    page = live(open_page(dataplane, "/#q=sandbox"))
    assert page.locator(".name").all_text_contents() == ["C", "default/one"]
    page.locator("#search").fill("backend:one model:b")
    page.locator("#count", has_text=re.compile("^1 of 5")).wait_for()
    assert page.locator(".name").all_text_contents() == ["B"]
    page.locator("#state").select_option("suspended")
    page.get_by_text("No target matches.").wait_for()
    assert page.url.endswith("#q=backend%3Aone+model%3Ab&state=suspended")
    page.locator("#search").fill("")
    dataplane.admin(f"/targets/{dataplane.targets()['A', 'one']['id']}/suspend?seconds=60", "POST")
    eventually(lambda: page.locator(".name").all_text_contents() == ["A"])


def test_names_are_data(scripted, serve, open_page):
    dataplane = serve({"one": scripted()}, production=[(EVIL, "one"), ("</script><b>x", "one")])
    page = live(open_page(dataplane))
    assert page.locator(".name").all_text_contents() == [EVIL, "</script><b>x", "default/one"]
    assert page.locator("#pools img, #pools b").count() == 0 and page.title() == "Roundtable"


def test_the_policy_holds_against_what_a_page_could_be_made_to_do(chat, open_page):
    page = live(open_page(chat()))
    page.expected_problems = ["Content Security Policy", "Trusted", "TrustedHTML", "Failed to load"]
    blocked = page.evaluate("""async () => {
      const violations = [];
      addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective));
      const script = document.createElement("script");
      const tries = [
        () => { document.body.innerHTML = "<b>"; },
        () => { script.textContent = "window.owned = 1"; document.body.append(script); },
        () => { const node = document.createElement("div"); node.setAttribute("onclick", "window.owned = 1"); document.body.append(node); node.click(); },
        () => { const image = new Image(); image.src = "https://elsewhere.example/x.png"; },
        () => { const style = document.createElement("style"); style.textContent = "p{}"; document.head.append(style); },
        () => { setTimeout(() => { eval("window.owned = 1"); }); }, // in a task of its own: the debugger's may
      ];
      for (const one of tries) { try { one(); } catch {} }
      await fetch("https://elsewhere.example/").catch(() => {});
      await new Promise((done) => setTimeout(done, 300));
      return { violations, owned: window.owned ?? null };
    }""")
    assert blocked["owned"] is None
    assert {"require-trusted-types-for", "img-src", "connect-src", "style-src-elem"} <= set(blocked["violations"])
    page.requests = []  # the tries are there, though nothing of them went out


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_suffices(scripted, serve, open_page, scheme):
    dataplane = serve({"one": scripted(lambda *_: answer(429))}, production=[(f"model-{n}", "one", 1 + n % 2) for n in range(9)], sandbox=[("C", "one")],
                      suspend=600)
    for _ in range(2):
        ask(dataplane)
    page = live(open_page(dataplane, color_scheme=scheme))
    page.locator(".target.suspended").first.wait_for()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground))) < 150) == (scheme == "dark")

    def too_faint():
        found = page.evaluate(CONTRASTS)
        assert len(found) > 15
        return [entry for entry in found if entry[0] < entry[1]]

    assert too_faint() == []
    page.locator(".target.suspended button").first.focus()
    target(page, "C").locator("button").click()
    page.locator("#dialog-warning").wait_for()
    assert too_faint() == []


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_nothing_sticks_out_on_a_phone(scripted, serve, open_page, width):
    long_name = "organisation/a-model-with-a-very-long-name-2026-11-26-preview-instruct-128k"
    dataplane = serve({"one": scripted(lambda *_: answer(429))}, production=[(long_name, "one", 40), ("B", "one", 23)], suspend=600)
    ask(dataplane)
    page = live(open_page(dataplane, viewport={"width": width, "height": 740}))
    page.locator(".target.suspended").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate("w => [...document.querySelectorAll('body *')].filter(n => n.checkVisibility() && !n.closest('.unseen, .skip') && n.getBoundingClientRect().right > w + 0.5).map(n => n.className)", width)
    assert wide == []
    if width == 360:  # big enough to be hit with a thumb (WCAG 2.2, 2.5.8)
        assert all(box["height"] >= 24 and box["width"] >= 24 for box in (button.bounding_box() for button in page.locator(".target button:visible").all()))


def test_motion_can_be_done_without(chat, open_page):
    page = live(open_page(chat(), reduced_motion="reduce"))
    assert page.locator(".actual").first.evaluate("node => getComputedStyle(node).transitionProperty + getComputedStyle(node).transitionDuration") in ("none0s", "all0s")


def test_a_lost_connection_is_said_and_found_again(chat, open_page, stack):
    dataplane = chat()
    page = live(open_page(dataplane))
    page.expected_problems = ["ERR_CONNECTION", "ERR_INCOMPLETE", "Failed to load", "EventSource"]
    arguments = dataplane.process.args
    dataplane.process.terminate()
    page.locator("#connection", has_text=re.compile(r"disconnected since \d\d:\d\d:\d\d")).wait_for()
    dataplane.process.wait()
    again = Dataplane.__new__(Dataplane)
    again.command, again.environment, again.port, again.admin_port = arguments, dataplane.environment, dataplane.port, dataplane.admin_port
    stack.enter_context(again)
    live(page)
    ask(again)
    eventually(lambda: "1 pick" in target(page, "A").locator(".share").text_content())


def test_draining_is_said(chat, open_page):
    dataplane = chat(args=["--drain-delay", "5"])
    page = live(open_page(dataplane))
    page.expected_problems = ["ERR_CONNECTION", "ERR_INCOMPLETE", "Failed to load", "EventSource"]
    dataplane.process.terminate()
    page.locator(".notice", has_text="Draining").wait_for(timeout=3000)


def test_warnings_are_shown(scripted, serve, open_page, tmp_path):
    (tmp_path / "secrets").mkdir()
    dataplane = serve({"one": scripted()}, production=[("A", "one")], credentials={"one": ("key", "value", "x-key")}, args=["--secrets", tmp_path / "secrets"])
    page = live(open_page(dataplane))
    assert any("the Secret default/key" in text for text in page.locator(".notice").all_text_contents())
    assert target(page, "A").locator(".pill").text_content() == "no traffic" and "Secret" in target(page, "A").locator(".reason").text_content()
    assert target(page, "A").locator("button:visible").count() == 0
    (tmp_path / "secrets/key").mkdir()
    (tmp_path / "secrets/key/value").write_text("v")
    target(page, "A").locator(".pill", has_text="active").wait_for()
    eventually(lambda: not any("Secret" in text for text in page.locator(".notice").all_text_contents()))


def test_another_table_and_one_that_is_refused(scripted, open_page, stack, tmp_path):
    backends = [Backend("one", scripted().port)]
    table = compile_table(tmp_path, Chat(backends, production=[("A", "one"), ("B", "one")]).yaml())
    dataplane = stack.enter_context(Dataplane(table))
    page = live(open_page(dataplane))
    ask(dataplane)
    eventually(lambda: "1 pick" in target(page, "A").locator(".share").text_content())
    compile_table(tmp_path, Chat(backends, production=[("A", "one"), ("C", "one", 3)]).yaml()).replace(table)
    target(page, "C").wait_for()
    assert "100.0 % · 1 pick" in target(page, "A").locator(".share").text_content() and target(page, "B").count() == 0
    assert page.locator("#generation").text_content() == "2" and page.locator("#loaded").text_content().startswith("table, loaded ")
    assert re.search("at most 1 requests a second", target(page, "A").locator(".chart").get_attribute("aria-label"))
    (tmp_path / "broken").write_bytes(b"no table")
    (tmp_path / "broken").replace(table)
    page.locator(".notice.bad", has_text="A new table was refused at").wait_for()
    assert page.locator("#generation").text_content() == "2" and live(page)


def many_chats(backend, pools, targets):
    """CRs of `pools` chat APIs with `targets` models each, all at one Backend."""
    documents = [Backend("one", backend.port).document()]
    for number in range(pools):
        chat = Chat([Backend("one", backend.port)], production=[(f"model-{n}", "one") for n in range(targets)], host="many.local", base=f"/c{number}/1.0")
        text = re.sub(r'"(chat(-production)?)"', rf'"\1-{number}"', chat.yaml())
        documents += [one for one in map(json.loads, text.split("\n---\n")) if one["kind"] != "Backend"]
    return "\n---\n".join(map(json.dumps, documents))


@pytest.mark.unsanitized
@pytest.mark.parametrize("pools, targets", [(1000, 10), (1, 10_000)])
def test_ten_thousand_targets(scripted, open_page, stack, tmp_path, pools, targets):
    table = compile_table(tmp_path, many_chats(scripted(), pools, targets))
    dataplane = stack.enter_context(Dataplane(table))
    last = dataplane.status()["pools"][-1]["targets"][-1]
    dataplane.admin(f"/targets/{last['id']}/suspend?seconds=600", "POST")
    begin = time.monotonic()
    page = open_page(dataplane)
    page.locator(".target").first.wait_for()
    assert time.monotonic() - begin < LARGE_TABLE_SECONDS
    in_all = f"{pools * (targets + 1):,}"  # each rule's own Backend too
    assert page.locator("#count").text_content() == f"{in_all} targets in {2 * pools:,} pools, 100 shown"
    assert page.locator(".target").count() == 100 and page.evaluate("document.querySelectorAll('*').length") < 5000
    assert "suspended" in page.locator(".target").first.locator(".pill").text_content()
    page.locator("#more").click()
    assert page.locator(".target").count() == 200
    page.locator("#search").fill("model:model-7" + (" api:chat-99" if pools > 1 else ""))
    eventually(lambda: not page.locator("#count").text_content().startswith(in_all))
    assert 0 < page.locator(".target").count() <= 100
    busiest = page.evaluate("""() => new Promise((done) => {
      let worst = 0;
      new PerformanceObserver((list) => { for (const entry of list.getEntries()) worst = Math.max(worst, entry.duration); }).observe({ entryTypes: ["longtask"] });
      setTimeout(() => done(worst), 3500);
    })""")
    assert busiest < 500, "milliseconds for which the page did not answer while events came in"


# ---- the stream and the port ----


class Events:
    """What GET /events sends, event by event."""

    def __init__(self, port, fields=""):
        self.connection = Connection(port)
        self.connection.send(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{fields}\r\n".encode())
        self.head = self.connection.read_head()

    def next(self):
        name, data = None, []
        while True:
            line = self.connection.stream.readline()
            if not line:
                raise EOFError
            if line.startswith(b"event: "):
                name = line[7:-1].decode()
            elif line.startswith(b"data: "):
                data.append(line[6:-1])
            elif line == b"\n" and name:
                return name, json.loads(b"\n".join(data))

    def close(self):
        self.connection.close()


def test_an_event_a_second(chat):
    dataplane = chat()
    events = Events(dataplane.admin_port)
    assert (events.head.status, events.head["Content-Type"], events.head["Content-Length"]) == (200, "text/event-stream", None)
    name, table = events.next()
    assert name == "table" and table["digest"] == dataplane.status()["digest"] and sorted(pool["cycle"] for pool in table["pools"]) == [1, 1, 1, 3]
    events.next()
    begin = time.monotonic()
    ask(dataplane)
    ticks = [events.next() for _ in range(4)]
    assert 3.2 < time.monotonic() - begin < 5 and {name for name, _ in ticks} == {"tick"}
    number = next(target["number"] for pool in table["pools"] for target in pool["targets"] if target["model"] == "A")
    assert [number, 1, 1, 0] in ticks[0][1]["targets"] + ticks[1][1]["targets"] and ticks[3][1]["targets"] == []
    events.close()


def test_streams_are_bounded_and_leave_the_port_usable(chat):
    dataplane = chat()
    streams = [Events(dataplane.admin_port) for _ in range(16)]
    refused = Events(dataplane.admin_port)
    assert {one.head.status for one in streams} == {200} and refused.head.status == 503
    assert dataplane.admin("/livez")[0] == 200
    streams[0].close()
    eventually(lambda: Events(dataplane.admin_port).head.status == 200)


def test_a_slow_reader_is_dropped_and_others_are_not(scripted, stack, tmp_path):
    dataplane = stack.enter_context(Dataplane(compile_table(tmp_path, many_chats(scripted(), 20, 100))))
    slow = Connection(dataplane.admin_port, receive_buffer=4096)
    slow.send(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    quick = Events(dataplane.admin_port)
    quick.connection.socket.settimeout(5)
    deadline = time.monotonic() + 13  # Limits.eventStallMillis, and a bit
    ticks = 0
    while time.monotonic() < deadline:
        ticks += quick.next()[0] == "tick"
    assert ticks >= 11
    received = 0
    with pytest.raises((ConnectionError, EOFError)):  # what had been sent can be read, and then it is over
        while received < 64 << 20:
            piece = slow.socket.recv(1 << 20)
            received += len(piece)
            if not piece:
                raise EOFError
    assert 0 < received < 64 << 20
    assert dataplane.admin("/livez")[0] == 200


def test_who_goes_on_talking_on_a_stream_is_dropped(chat):
    events = Events(chat().admin_port)
    events.next()
    events.connection.send(b"x" * 100_000)
    with pytest.raises((ConnectionError, EOFError)):
        for _ in range(5):
            events.next()


@pytest.mark.parametrize("fields, status", [
    ({}, 200), ({"Origin": "http://127.0.0.1:{port}"}, 200), ({"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:{port}"}, 200),
    ({"Origin": "http://127.0.0.1:1"}, 403), ({"Origin": "http://evil.example"}, 403), ({"Origin": "null"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:{port}"}, 403),
])
def test_pages_of_others_may_not_ask(chat, fields, status):
    dataplane = chat()
    identity = dataplane.targets()["A", "one"]["id"]
    headers = [(name, value.format(port=dataplane.admin_port)) for name, value in fields.items()]
    with Connection(dataplane.admin_port) as connection:
        asked = request(path=f"/targets/{identity}/suspend?seconds=60", host=f"127.0.0.1:{dataplane.admin_port}", headers=headers)
        assert connection.ask(asked).status == status
    assert dataplane.targets()["A", "one"]["suspended"] == (status == 200)
    events = Events(dataplane.admin_port, "".join(f"{name}: {value}\r\n" for name, value in headers))
    assert events.head.status == status
    events.close()


def test_a_page_of_another_port_cannot_suspend(chat, browser, scripted):
    """As a browser does it: a form and a fetch without CORS from another page on loopback."""
    dataplane = chat()
    identity = dataplane.targets()["A", "one"]["id"]
    stranger = scripted(lambda *_: answer(headers=[("Content-Type", "text/html")], body=b"<form method=post></form>"))
    page = browser.open(f"http://127.0.0.1:{stranger.port}/")
    url = f"http://127.0.0.1:{dataplane.admin_port}/targets/{identity}/suspend?seconds=60"
    page.evaluate("url => fetch(url, { method: 'POST', mode: 'no-cors' })", url)
    page.evaluate("url => { document.forms[0].action = url; document.forms[0].submit(); }", url)
    page.wait_for_url(url)
    assert "another site" in page.text_content("body")
    assert not dataplane.targets()["A", "one"]["suspended"]
    page.context.close()


def test_head_fields_of_the_page(chat):
    with Connection(chat().admin_port) as connection:
        answer = connection.ask(request(method="GET", path="/", host="localhost"))
    assert answer.status == 200 and answer["Content-Type"] == "text/html; charset=utf-8"
    assert (answer["X-Content-Type-Options"], answer["Referrer-Policy"], answer["Cache-Control"]) == ("nosniff", "no-referrer", "no-store")
    policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in answer["Content-Security-Policy"] and policy["connect-src"] == "'self'" and policy["script-src"].count("'sha256-") == 5
    assert not re.search(rb"""\son[a-z]+=|style="|https?://(?!www\.w3\.org/2000/svg)""", answer.body)
