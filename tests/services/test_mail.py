"""Letters by mail, through a real relay on the loopback: each once, as they were written, with links that open."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email import message_from_bytes, policy
from socket import socket

import pytest
from aiosmtpd.controller import Controller

import webapp
from compensation_service.letters.post import Encryption
from compensation_service.settings import Settings
from compensation_service.worker import make_mail


class Inbox:
    """What a relay does with mail: it keeps it, or answers as it is told; `meanwhile` happens before the first one."""

    def __init__(self):
        self.taken = []
        self.answer = "250 OK"
        self.meanwhile = lambda: None

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        if not self.taken:
            self.meanwhile()
        if self.answer.startswith("250"):
            self.taken.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return self.answer


@contextmanager
def relay():
    inbox = Inbox()
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield inbox, port
    finally:
        controller.stop()


@pytest.fixture
def post():
    """A shop on SQLite, its relay, and what sends."""
    with webapp.on_sqlite() as web, relay() as (inbox, port):
        settings = Settings(
            database_url=web.url,
            public_base_url=webapp.BASE,
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_encryption=Encryption.NONE,
            smtp_sender="care@shop.example",
        )
        yield web, inbox, make_mail(settings, web.app.state.services.store)


def offer(web, number, language="bg", email="jo@example.com"):
    body = webapp.case(f"mail-{number}", f"mail-customer-{number}")
    body["customer"] |= {"locale": language, "email": email, "name": "Жана Петрова"}
    return web.post("/offers", body).json()


def test_a_new_offer_s_letter_arrives_once_with_a_link_that_opens(post):
    web, inbox, mail = post
    made = offer(web, 1)
    assert (mail.send(), mail.send()) == (1, 0)
    ((to, message),) = inbox.taken
    assert to == ["jo@example.com"]
    assert message["From"] == "north <care@shop.example>"
    kept = web.get(f"/offers/{made['id']}").json()["letter"]
    assert message["Subject"] == kept["subject"]
    text, html = (part.get_content() for part in message.iter_parts())
    assert text.replace("\r\n", "\n").strip() == kept["text"].strip()
    assert "<html lang=" in html
    for body in (text, html):
        (link,) = set(re.findall(r"https://offers\.example(/o/[A-Za-z0-9_-]{43})", body))
        assert web.client.get(link).status_code == 200
    assert message["Message-ID"].endswith("@shop.example>")


def test_it_is_told_that_the_letter_was_sent(post):
    web, _, mail = post
    made = offer(web, 2)
    mail.send()
    story = web.get(f"/incidents/{made['incident']['id']}/timeline").json()["data"]
    assert [each["type"] for each in story if each["type"].startswith("letter.")] == ["letter.sent", "letter.written"]


def accept(web, made):
    assert web.post(f"/offers/{made['id']}/accept", {}).json()["status"] == "accepted"


def decline(web, made):
    assert web.post(f"/offers/{made['id']}/decline", {}).json()["status"] == "declined"


def withdraw(web, made):
    assert web.post(f"/offers/{made['id']}/withdraw", {}).json()["status"] == "withdrawn"


def let_it_run_out(web, made):
    web.change("UPDATE offers SET expires_at = '2020-01-01 00:00:00.000000' WHERE id = ?", made["id"])


@pytest.mark.parametrize("meanwhile", [accept, decline, withdraw, let_it_run_out])
def test_a_letter_that_is_overtaken_is_not_sent(post, meanwhile):
    """Written and ready; then, before the relay is asked, its offer is not there to be taken any more."""
    web, inbox, mail = post
    made = offer(web, 7)
    assert web.get(f"/offers/{made['id']}").json()["letter"] is not None
    meanwhile(web, made)
    assert mail.send() == 0
    assert inbox.taken == []


def test_it_is_judged_in_the_moment_before_it_is_handed_over(post):
    """The list of what is ready is made first; what is accepted after that is not sent either."""
    web, inbox, mail = post
    first, second = offer(web, 8), offer(web, 9)
    with ThreadPoolExecutor(1) as aside:
        inbox.meanwhile = lambda: aside.submit(accept, web, second).result()
        assert mail.send() == 1
    ((_, message),) = inbox.taken
    assert message["Subject"] == web.get(f"/offers/{first['id']}").json()["letter"]["subject"]
    assert web.get(f"/offers/{second['id']}").json()["status"] == "accepted"


def test_an_offer_that_stands_again_is_told_of(post):
    web, _, mail = post
    made = offer(web, 10)
    web.get(f"/offers/{made['id']}")
    path = f"/offers/{made['id']}"
    assert web.post(f"{path}/counter", {"words": "Something else"}).json()["status"] == "countered"
    assert mail.send() == 0
    assert web.post(f"{path}/keep", {}).json()["status"] == "open"
    assert mail.send() == 1


def test_who_waits_for_approval_is_told_so_only_as_long_as_it_is_true(post):
    web, _, mail = post
    for number, status in ((11, "pending_approval"), (12, "open")):
        body = webapp.case(f"mail-{number}", f"mail-customer-{number}")
        body["customer"]["email"] = "jo@example.com"
        body["incident"] |= {"category": "defective_item", "grade": "unsafe", "delay_hours": None}
        made = web.post("/offers", body).json()
        assert made["status"] == "pending_approval"
        letter = {"kind": "approval_delay", "by": "2099-01-01"}
        path = f"/incidents/{made['incident']['id']}/letters"
        assert web.post(path, letter, **{"Idempotency-Key": path}).status_code == 201
        web.change("UPDATE offers SET status = ? WHERE id = ?", status, made["id"])
    mail.send()
    kinds = web.values("letters", "kind || ' ' || status")
    assert sorted(kind for kind in kinds if kind.startswith("approval")) == [
        "approval_delay ready",
        "approval_delay sent",
    ]


def test_who_has_no_address_gets_no_mail(post):
    web, inbox, mail = post
    body = webapp.case("mail-3", "mail-customer-3")
    web.post("/offers", body)
    assert mail.send() == 0
    assert inbox.taken == []


def test_a_relay_that_asks_to_wait_is_asked_again_later(post):
    web, inbox, mail = post
    inbox.answer = "451 come back later"
    offer(web, 4)
    assert mail.send() == 0
    inbox.answer = "250 OK"
    assert mail.send() == 0  # it is leased a while
    web.change("UPDATE letters SET leased_until = NULL")
    assert mail.send() == 1


def test_what_the_relay_refuses_for_good_has_failed(post):
    web, inbox, mail = post
    inbox.answer = "554 no such mailbox"
    made = offer(web, 5)
    assert mail.send() == 0
    inbox.answer = "250 OK"
    web.change("UPDATE letters SET leased_until = NULL")
    assert mail.send() == 0
    story = web.get(f"/incidents/{made['incident']['id']}/timeline").json()["data"]
    assert "letter.failed" in [each["type"] for each in story]


def test_a_relay_that_is_away_loses_nothing(post):
    web, inbox, mail = post
    offer(web, 6)
    away = make_mail(
        Settings(database_url=web.url, smtp_host="127.0.0.1", smtp_port=9, smtp_encryption=Encryption.NONE),
        web.app.state.services.store,
    )
    assert away.send() == 0
    web.change("UPDATE letters SET leased_until = NULL")
    assert mail.send() == 1
    assert len(inbox.taken) == 1
