"""One attempt to send, at receivers behind real sockets: none of them holds it up, fills memory or leads it inside."""

import asyncio
import ssl
import sys
import threading
import time
import tracemalloc
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from socket import gaierror

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from compensation_service.webhooks import egress
from compensation_service.webhooks.sender import PROMPTLY_S, Bounds, Outcome, Sender, prompt_resolver
from webhooks import receivers
from webhooks.awkward import INSIDE
from webhooks.receivers import Receiver, answer, receiving

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
SHORT = Bounds(total_s=0.6, connect_s=0.3)
"""For receivers that never come to an end; the others get the time that a busy machine needs."""
PATIENCE_S = 8
BODY = b'{"type":"offer.created"}'


def sender(**options):
    return Sender(lambda: NOW, **{"allow_local": True, **options})


async def attempt(receiver, **options):
    """Send once; the outcome and how long it took."""
    one = sender(**options)
    async with receiving(receiver):
        began = time.monotonic()
        outcome = await one.send(f"http://127.0.0.1:{receiver.port}/hook", {"webhook-id": "evt_1"}, BODY)
        took = time.monotonic() - began
    one.close()
    return outcome, took


def sent_to(receiver, **options):
    return asyncio.run(attempt(receiver, **options))


@pytest.mark.parametrize(
    ("status", "succeeded"),
    [("200 OK", True), ("201 Created", True), ("204 No Content", True), ("299 Fine", True)]
    + [(f"{code} No", False) for code in (300, 301, 302, 303, 304, 307, 308, 400, 401, 404, 410, 418, 429, 500, 503)],
)
def test_any_2xx_is_success_and_nothing_else_is(status, succeeded):
    receiver = Receiver(answer=f"HTTP/1.1 {status}\r\n\r\n".encode())
    outcome, _ = sent_to(receiver)
    assert (outcome.status_code, outcome.succeeded) == (int(status[:3]), succeeded)
    assert outcome.gone == (status[:3] == "410")
    ((headers, body),) = receiver.requests
    assert (headers["line"], headers["webhook-id"], body) == ("POST /hook HTTP/1.1", "evt_1", BODY)
    assert headers["host"] == f"127.0.0.1:{receiver.port}"


@pytest.mark.parametrize("behaviour", ["hang", "drip_headers", "drip_body", "continue_for_ever"])
def test_a_receiver_that_takes_its_time_is_left(behaviour):
    outcome, took = sent_to(Receiver(getattr(receivers, behaviour)), bounds=SHORT)
    assert outcome == Outcome(error="timeout")
    assert took < PATIENCE_S


def test_who_registers_an_address_does_not_wait_for_a_slow_name_server():
    done = threading.Event()

    def slow(*_):
        done.wait(PATIENCE_S + PROMPTLY_S)
        return ["127.0.0.1"]

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        prompt_resolver("hooks.example.com", 443, slow)
    assert time.monotonic() - began < PATIENCE_S
    done.set()


def test_what_a_name_server_says_in_time_is_heard():
    def nothing(*_):
        raise gaierror

    assert prompt_resolver("hooks.example.com", 443, lambda *_: ["203.0.113.7"]) == ["203.0.113.7"]
    with pytest.raises(gaierror):
        prompt_resolver("hooks.example.com", 443, nothing)


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (receivers.reset, {"connection_lost"}),
        (receivers.no_http, {"protocol_error"}),
        (receivers.endless_header, {"protocol_error"}),
    ],
)
def test_a_receiver_that_breaks_off_or_speaks_something_else(behaviour, words):
    outcome, took = sent_to(Receiver(behaviour))
    assert outcome.error in words
    assert took < PATIENCE_S


@pytest.mark.parametrize("behaviour", [receivers.throw_bomb, receivers.flood], ids=["bomb", "flood"])
def test_of_an_answer_only_the_beginning_is_read_and_nothing_is_unpacked(behaviour):
    receiver = Receiver(behaviour)
    tracemalloc.start()
    outcome, took = sent_to(receiver)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert outcome.status_code == 200
    assert len(outcome.answer) <= SHORT.answer_bytes
    assert most < 20 * 2**20
    assert took < PATIENCE_S


def test_an_answer_is_kept_as_text_that_can_be_shown_and_stored():
    outcome, _ = sent_to(Receiver(answer=answer("500 No", body="<b>\x00\x1b[31mно\u202e\nend")))
    assert outcome.answer == "<b>��[31mно�\nend"


@pytest.fixture(scope="module")
def _told():
    """What Python is told of every connection that somebody tries; there is no taking a hook back."""
    told, listens = [], [True]

    def hook(event, arguments):
        if listens and event == "socket.connect":
            told.append(arguments[1])

    sys.addaudithook(hook)
    yield told
    listens.clear()


@pytest.fixture
def tried(_told):
    """The addresses to which a connection was tried since the test began."""
    _told.clear()
    return _told


def test_to_nothing_inside_a_connection_is_even_tried(tried):
    """Whatever its address is written like, and whatever its name stands for."""

    async def scene():
        one = sender(allow_local=False, resolver=lambda *_: ["10.0.0.1"])
        outcomes = [await one.send(url, {}, BODY) for url in (*INSIDE, "https://hooks.example.com/")]
        assert [outcome for outcome in outcomes if outcome.error is None] == []
        assert tried == []
        async with receiving(Receiver()) as canary:
            await sender().send(f"http://127.0.0.1:{canary.port}/", {}, BODY)
        return canary.port

    assert asyncio.run(scene()) in [port for _, port, *_ in tried], "it would have been seen"


def test_a_redirect_leads_nowhere(tried):
    async def scene():
        inside = Receiver()
        async with receiving(inside):
            outside = Receiver(answer=answer("302 Found", f"Location: http://127.0.0.1:{inside.port}/"))
            first, _ = await attempt(outside)
            metadata = Receiver(answer=answer("307 No", "Location: http://169.254.169.254/latest/meta-data/"))
            second, _ = await attempt(metadata)
        return first, second, inside, outside

    first, second, inside, outside = asyncio.run(scene())
    assert (first.status_code, second.status_code) == (302, 307)
    assert (inside.connections, outside.connections) == (0, 1)
    assert {host for host, *_ in tried} == {"127.0.0.1"}
    assert len(tried) == 2


def test_what_a_receiver_asks_for_is_passed_on():
    outcome, _ = sent_to(Receiver(answer=answer("429 Slow", "Retry-After: 90")))
    assert (outcome.status_code, outcome.retry_after) == (429, timedelta(seconds=90))
    outcome, _ = sent_to(Receiver(answer=answer("503 No", "Retry-After: Thu, 05 Mar 2026 12:01:00 GMT")))
    assert outcome.retry_after == timedelta(minutes=1)


def test_nobody_is_there():
    async def scene():
        one = sender()
        async with receiving(Receiver()) as gone:
            port = gone.port
        return await one.send(f"http://127.0.0.1:{port}/", {}, BODY)

    assert asyncio.run(scene()) == Outcome(error="connection_failed")


def test_a_name_server_that_takes_its_time_is_left():
    done = threading.Event()

    def slow(*_):
        done.wait(PATIENCE_S)
        return ["127.0.0.1"]

    async def scene():
        began = time.monotonic()
        one = sender(resolver=slow, bounds=SHORT)
        outcome = await one.send("https://hooks.example.com/", {}, BODY)
        took = time.monotonic() - began
        done.set()
        return outcome, took

    outcome, took = asyncio.run(scene())
    assert outcome == Outcome(error="timeout")
    assert took < PATIENCE_S


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/", "https://127.0.0.1:{port}/", "https://localhost:{port}/"])
def test_outside_development_nothing_is_sent_to_ourselves(url):
    async def scene():
        async with receiving(Receiver()) as canary:
            one = sender(allow_local=False)
            outcome = await one.send(url.format(port=canary.port), {}, BODY)
        return outcome, canary.connections

    outcome, connections = asyncio.run(scene())
    assert outcome.error in {"url_scheme", "url_port"}
    assert connections == 0


def test_a_name_that_changes_its_meaning_leads_nowhere(tried):
    """Public when it was registered, loopback when it is sent to."""
    answers = iter([["93.184.215.14"], ["127.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["::ffff:127.0.0.1"]])

    async def scene():
        target = egress.read("https://hooks.example.com/")
        assert egress.resolve(target, lambda *_: next(answers)) == ["93.184.215.14"]
        one = sender(allow_local=False, resolver=lambda *_: next(answers))
        return [await one.send("https://hooks.example.com/", {}, BODY) for _ in range(3)]

    assert asyncio.run(scene()) == [Outcome(error="address_refused")] * 3
    assert next(answers, None) is None, "it was looked up each time"
    assert tried == []


def certificate(tmp_path, name):
    """A certificate that signs itself, and contexts for a server that shows it and a client that knows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / f"{name}.pem"
    plain = serialization.NoEncryption()
    kind = serialization.PrivateFormat.PKCS8
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(serialization.Encoding.PEM, kind, plain)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=str(path))


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://hooks.example.com", Outcome(204)), ("https://other.example.com", Outcome(error="tls_failed"))],
)
def test_over_tls_the_checked_address_must_show_the_certificate_of_the_name(tmp_path, url, expected):
    server, client = certificate(tmp_path, "hooks.example.com")
    named = []
    server.sni_callback = lambda _, name, __: named.append(name)
    receiver = Receiver()

    async def scene():
        async with receiving(receiver, ssl=server):
            one = sender(tls=client, resolver=lambda *_: ["127.0.0.1"])
            return await one.send(f"{url}:{receiver.port}/x?y=z", {}, BODY)

    assert asyncio.run(scene()) == expected
    assert named == [url.removeprefix("https://")]
    if expected.succeeded:
        ((headers, _),) = receiver.requests
        assert (headers["host"], headers["line"]) == (f"hooks.example.com:{receiver.port}", "POST /x?y=z HTTP/1.1")


def test_a_certificate_that_nobody_knows_is_refused(tmp_path):
    server, _ = certificate(tmp_path, "hooks.example.com")

    async def scene():
        async with receiving(Receiver(), ssl=server) as receiver:
            one = sender(resolver=lambda *_: ["127.0.0.1"])
            return await one.send(f"https://hooks.example.com:{receiver.port}/", {}, BODY), receiver

    outcome, receiver = asyncio.run(scene())
    assert outcome == Outcome(error="tls_failed")
    assert receiver.requests == []


def test_where_one_address_does_not_answer_the_next_is_tried():
    async def scene():
        async with AsyncExitStack() as stack:
            receiver = await stack.enter_async_context(receiving(Receiver()))
            one = sender(resolver=lambda *_: ["::1", "127.0.0.1"])
            return await one.send(f"http://hooks.example.com:{receiver.port}/", {}, BODY), receiver.connections

    assert ip_address("::1").is_loopback
    assert asyncio.run(scene()) == (Outcome(204), 1)


def test_a_proxy_in_the_environment_is_not_asked(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    outcome, _ = sent_to(Receiver())
    assert outcome == Outcome(204)
