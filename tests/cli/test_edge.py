"""Raw sockets against the edge: who is slow is closed, and nothing gets in that could be read in two ways."""

import asyncio
import gc
import json
import re
import socket
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

import databases
import webapp
from compensation_service.cli.edge import (
    BODY,
    BODY_SECONDS,
    HEAD,
    HEAD_BYTES_MOST,
    HEAD_SECONDS,
    HEADERS_MOST,
    Edge,
)
from compensation_service.clock import random_id, random_token, system_clock
from compensation_service.main import create_app
from compensation_service.settings import Settings

HEAD_S, BODY_S, ALIVE_S = 0.4, 0.8, 0.8
SLOW_CLIENTS = 30
PATIENCE_S = 30
GOOD = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
ALIVE = b'{"status":"alive"}'


class Quick(Edge):
    """The edge with deadlines that a test can wait for."""

    seconds = {HEAD: HEAD_S, BODY: BODY_S}  # noqa: RUF012 - as the class above declares it


class Server:
    def __init__(self, web, address):
        self.web = web
        self.place = urlsplit(address).hostname, urlsplit(address).port
        self.token = web.headers["Authorization"].encode()

    def connect(self):
        return socket.create_connection(self.place, timeout=10)

    def ask(self, *pieces):
        """Send the pieces, and read until the server closes; that it keeps a connection alive shows in the answer."""
        with self.connect() as connection:
            for piece in pieces:
                connection.sendall(piece)
            return read(connection)


def read(connection):
    found = b""
    with suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            found += piece
    return found


def statuses(answer):
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


@pytest.fixture(scope="module")
def server():
    with tempfile.TemporaryDirectory() as folder, databases.fresh_sqlite(Path(folder)) as url:
        hosts = "a, offers.example:8443"
        settings = Settings(database_url=url, public_base_url=webapp.BASE, allowed_hosts=hosts, **webapp.UNHELD)
        app = create_app(settings, system_clock, random_id, random_token)
        with webapp.serving(app, Quick, ALIVE_S) as address:
            yield Server(webapp.Web(app, None), address)


def test_deadlines_are_as_published():
    assert (HEAD_SECONDS, BODY_SECONDS) == (5, 15)
    assert Edge.seconds == {HEAD: 5, BODY: 15}


POST = b"POST /offers/preview HTTP/1.1\r\nHost: a\r\nAuthorization: %s\r\nContent-Type: application/json\r\n"
SLOW = {
    "idle": (b"", b""),
    "head": (b"GET /livez HTTP/1.1\r\nHost: a\r\n", b"X: 1\r\n"),
    "line": (b"GET /li", b"v"),
    "new lines": (b"", b"\r\n"),
    "body": (POST + b"Content-Length: 1000\r\n\r\n{", b" "),
    "chunks": (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "second head": (GOOD + b"GET /livez HTTP/1.1\r\n", b"X: 1\r\n"),
    "refused body": (b"POST /offers/preview HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n", b" "),
}


@pytest.mark.parametrize("slow", SLOW)
def test_whoever_is_slow_is_closed(server, slow):
    """Many at once, each sending a little every 50 ms for ever."""
    first, again = SLOW[slow]
    first = first % server.token if b"%s" in first else first

    async def be_slow():
        reader, writer = await asyncio.open_connection(*server.place)
        writer.write(first)

        async def drip():
            while True:
                await asyncio.sleep(0.05)
                writer.write(again)

        dripping = asyncio.create_task(drip())
        try:
            answer = await reader.read()
        except ConnectionResetError:
            answer = None
        dripping.cancel()
        writer.close()
        return answer

    async def all_at_once():
        return await asyncio.wait_for(asyncio.gather(*(be_slow() for _ in range(SLOW_CLIENTS))), PATIENCE_S)

    ended = asyncio.run(all_at_once())  # or it takes longer than any patience: they go on for ever
    answers = {tuple(statuses(answer)) for answer in ended if answer is not None}
    wanted = {"idle": (), "second head": (200, 408), "refused body": (401,)}.get(slow, (408,))
    assert answers <= {wanted}


def test_who_sends_in_time_is_served_however_small_the_pieces(server):
    body = json.dumps(webapp.case("pieces")).encode()
    request = POST % server.token + b"Content-Length: %d\r\n\r\n" % len(body) + body
    size = len(request) // 20
    answer = server.ask(*(request[at : at + size] for at in range(0, len(request), size)))
    assert statuses(answer) == [200]


def test_a_connection_serves_many_requests_and_longer_than_one_deadline(server):
    """Where the machine stands still in between, it is closed rightly: then once more."""

    def serves():
        with server.connect() as connection, suppress(ConnectionError):
            for _ in range(5):
                connection.sendall(GOOD)
                if not connection.recv(65536).endswith(ALIVE):
                    return False
                time.sleep(HEAD_S / 3)
            return True

    assert serves() or serves() or serves()


SMUGGLED = b"0\r\n\r\n" + GOOD
REFUSED = {
    "length and chunks": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    + SMUGGLED,
    "chunks and length": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
    + SMUGGLED,
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nabcde",
    "a list of lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nabcde",
    "a signed length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nabcde",
    "a long length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nabcde",
    "another coding": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + SMUGGLED,
    "an unknown coding": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n" + SMUGGLED,
    "chunks twice": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"
    + SMUGGLED,
    "a tab before chunked": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\x0bchunked\r\n\r\n" + SMUGGLED,
    "no host": b"GET /livez HTTP/1.1\r\n\r\n",
    "an empty host": b"GET /livez HTTP/1.1\r\nHost:\r\n\r\n",
    "two hosts": b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "two other hosts": b"GET /livez HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
    "no host in 1.0": b"GET /livez HTTP/1.0\r\n\r\n",
    "a foreign host": b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "a foreign port": b"GET / HTTP/1.1\r\nHost: offers.example:1\r\n\r\n",
    "a host within": b"GET / HTTP/1.1\r\nHost: a.evil.example\r\n\r\n",
    "a host with a user": b"GET / HTTP/1.1\r\nHost: a@evil.example\r\n\r\n",
    "a whole address": b"GET http://evil.example/livez HTTP/1.1\r\nHost: a\r\n\r\n",
    "an address without a path": b"GET http://evil.example HTTP/1.1\r\nHost: a\r\n\r\n",
    "a star": b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tunnel": b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "bare new lines": b"GET /livez HTTP/1.1\nHost: a\n\n",
    "a folded header": b"GET /livez HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
    "a space before the colon": b"GET /livez HTTP/1.1\r\nHost : a\r\n\r\n",
    "a zero byte": b"GET /livez HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
    "a carriage return in a value": b"GET /livez HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n",
    "no version": b"GET /livez\r\nHost: a\r\n\r\n",
    "version 2": b"GET /livez HTTP/2.0\r\nHost: a\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "no size of a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nx\r\n",
    "a huge chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_be_read_in_two_ways_is_refused_and_closed(server, name):
    request = REFUSED[name]
    answer = server.ask((request % server.token if b"%s" in request else request) + GOOD)
    assert statuses(answer) == [400]
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    assert json.loads(body)["type"] == f"{webapp.BASE}/problems/bad_request"
    assert ALIVE not in answer
    assert b"evil" not in answer


@pytest.mark.parametrize("host", [b"a", b"A", b"a:8000", b"offers.example:8443"])
def test_hosts_of_the_list_are_let_in(server, host):
    assert statuses(server.ask(b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % host)) != [400]


@pytest.mark.parametrize("path", [b"/livez", b"/readyz", b"/metrics", b"/livez?x"])
def test_a_balancer_may_ask_by_address(server, path):
    assert statuses(server.ask(b"GET %s HTTP/1.1\r\nHost: 10.1.2.3:8000\r\n\r\n" % path))[0] in {200, 400}


def head_of(bytes_of_head, headers=1):
    rest = bytes_of_head - len("/livez") - len("hosta") - 4 - headers * 8
    fill = [b"X-%02d: %s" % (number, b"") for number in range(headers - 1)]
    return (
        b"GET /livez HTTP/1.1\r\nHost: a\r\n"
        + b"".join(f + b"\r\n" for f in fill)
        + b"X-xx: "
        + b"x" * rest
        + b"\r\n\r\n"
    )


@pytest.mark.parametrize(
    "request_",
    [head_of(HEAD_BYTES_MOST), b"GET /livez HTTP/1.1\r\nHost: a\r\n" + b"X: 1\r\n" * (HEADERS_MOST - 1) + b"\r\n"],
)
def test_the_largest_head_passes(server, request_):
    assert statuses(server.ask(request_)) == [200]


@pytest.mark.parametrize(
    "request_",
    [
        head_of(HEAD_BYTES_MOST + 1),
        b"GET /livez HTTP/1.1\r\nHost: a\r\n" + b"X: 1\r\n" * HEADERS_MOST + b"\r\n",
        b"GET /livez HTTP/1.1\r\nHost: a\r\n" + b"X: 1\r\n" * 5000 + b"\r\n",
        b"GET /livez HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 1_000_000,
        b"GET /" + b"x" * 1_000_000,
        b"\r\n" * 500_000,
    ],
    ids=[
        "a byte too much",
        "a header too many",
        "5,000 headers",
        "1 MB",
        "1 MB without an end",
        "a long path",
        "new lines",
    ],
)
def test_a_larger_head_is_refused(server, request_):
    with server.connect() as connection:
        try:
            connection.sendall(request_)
        except (ConnectionResetError, BrokenPipeError):
            return  # closed before all of it was sent
        assert statuses(read(connection)) in ([431], [])  # a reset may overtake the answer


def chunked(body, trailer=b""):
    return b"%x\r\n%s\r\n0\r\n%s\r\n" % (len(body), body, trailer)


def test_trailers_are_no_headers(server):
    head = (POST % b"") + b"Transfer-Encoding: chunked\r\n\r\n"
    body = json.dumps(webapp.case("trailer")).encode()
    answer = server.ask(head + chunked(body, b"Authorization: %s\r\n" % server.token))
    assert statuses(answer) == [401]
    head = (POST % server.token) + b"Transfer-Encoding: chunked\r\n\r\n"
    answer = server.ask(head + chunked(body, b"Idempotency-Key: x\r\n"))
    assert statuses(answer) == [200]


@pytest.mark.parametrize("rest", [b"0\r\nX: " + b"x" * 1_000_000, b"1;" + b"x" * 1_000_000])
def test_what_brings_no_body_is_bounded_too(server, rest):
    with server.connect() as connection:
        try:
            connection.sendall(POST % server.token + b"Transfer-Encoding: chunked\r\n\r\n" + rest)
        except (ConnectionResetError, BrokenPipeError):
            return
        assert statuses(read(connection)) in ([431], [])


def test_requests_behind_each_other_are_answered_in_order(server):
    answer = server.ask(GOOD + GOOD.replace(b"/livez", b"/nope") + GOOD)
    assert statuses(answer) == [200, 404, 200]
    assert b"connection: close" not in answer


def test_an_answer_that_was_earned_goes_out_before_the_connection_closes(server):
    assert statuses(server.ask(GOOD + b"nonsense\r\n\r\n" + GOOD)) == [200]


def test_a_client_may_ask_whether_to_go_on(server):
    body = json.dumps(webapp.case("expect")).encode()
    with server.connect() as connection:
        connection.sendall(POST % server.token + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert statuses(read(connection)) == [200]


def test_nothing_follows_an_upgrade(server):
    answer = server.ask(GOOD.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n") + GOOD)
    assert statuses(answer) == [200]
    assert b"connection: close" in answer


def preview(server, *, head=POST, customer="C-1"):
    body = json.dumps({**webapp.case("whole"), "customer": {"reference": customer}}).encode()
    return head % server.token + b"Content-Length: %d\r\n\r\n" % len(body) + body


def test_an_answer_that_is_sent_whole_looks_like_any_other(server):
    request = preview(server)
    head, _, body = server.ask(request + request).partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    found = dict(line.decode().split(": ", 1) for line in lines)
    client = TestClient(server.web.app, base_url="http://a")  # it takes ASGI's two messages
    twin = client.post(
        "/offers/preview", content=request.partition(b"\r\n\r\n")[2], headers=server.web.headers | webapp.JSON
    )
    assert first == b"HTTP/1.1 200 OK"
    assert len(found) == len(lines)
    assert found.keys() == {*twin.headers, "date"}
    assert found["content-length"] == twin.headers["content-length"]
    assert body.count(b"HTTP/1.1 200 OK") == 1, "the second one follows on the same connection"
    assert json.loads(body[: len(twin.content)]).keys() == twin.json().keys()


@pytest.mark.parametrize("head", [POST.replace(b"HTTP/1.1", b"HTTP/1.0"), POST + b"Connection: close\r\n"])
def test_an_answer_that_is_sent_whole_closes_where_it_is_asked_to(server, head):
    answer = server.ask(preview(server, head=head) + GOOD)
    assert statuses(answer) == [200]
    assert answer.count(b"connection: close") == 1


def test_answers_wait_for_a_client_that_does_not_read(server):
    """They would fill the memory: no further request is taken up until those before it are on their way."""
    seen = {"method": "POST", "route": "/offers/preview", "status": "200"}

    def answered():
        return server.web.app.state.registry.get_sample_value("http_request_duration_seconds_count", seen) or 0

    asked, before = 1200, answered()
    requests = preview(server) * asked + preview(server, head=POST + b"Connection: close\r\n")
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(PATIENCE_S)
        connection.connect(server.place)
        sending = Thread(target=connection.sendall, args=(requests,))
        sending.start()
        last = -1.0
        while last != (last := answered()) or last == before:
            time.sleep(0.3)
        assert last - before < asked
        answer = read(connection)
        sending.join()
    assert statuses(answer) == [200] * (asked + 1)
    assert answered() - before == asked + 1


def test_requests_leave_nothing_to_the_garbage_collector(server):
    """What refers to itself in a circle stays until the collector looks, and its looking stops requests."""
    asked = 200

    def ask(connection):
        connection.sendall(preview(server) * asked)
        answer = b""
        while answer.count(b"HTTP/1.1 200 OK") < asked:
            answer += connection.recv(65536)

    with server.connect() as connection:
        ask(connection)
        gc.collect()
        gc.disable()
        try:
            ask(connection)
            assert gc.collect() < asked
        finally:
            gc.enable()
