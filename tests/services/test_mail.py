"""Letters by mail, through a real relay on the loopback: each once, as they were written, with links that open."""

import re
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
    """What a relay does with mail: it keeps it, or answers as it is told."""

    def __init__(self):
        self.taken = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
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
