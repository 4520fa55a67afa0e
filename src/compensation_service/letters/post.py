"""Handing a letter to a mail relay: one message with text and HTML. What becomes of it afterwards is the relay's."""

import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from enum import StrEnum
from typing import Final

from compensation_service.domain.letter import Letter

TIMEOUT_SECONDS: Final = 20
REFUSED_FOR_GOOD: Final = 500
"""Replies of the relay from here on will not change: there is no use in asking again."""


class Encryption(StrEnum):
    """How the connection to the relay is kept private."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail is handed over, and the address that it comes from."""

    host: str
    port: int
    sender: str
    encryption: Encryption = Encryption.STARTTLS
    user: str | None = None
    password: str | None = None


class RefusedForGood(Exception):
    """The relay will not take this letter, now or later."""


class NotNow(Exception):
    """The relay cannot be reached, or asks to be tried again later."""


def message_of(letter: Letter, shop: str, sender: str, reveal: Callable[[str], str]) -> EmailMessage:
    """The letter as a message. `reveal` puts in the customer's links; the message's id is the letter's for ever."""
    message = EmailMessage()
    message["Subject"] = reveal(letter.subject or "")
    message["From"] = formataddr((shop, sender))
    message["To"] = letter.recipient or ""
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
    message["Content-Language"] = letter.locale
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(reveal(letter.text or ""))
    message.add_alternative(reveal(letter.html or ""), subtype="html")
    return message


def hand_over(relay: Relay, message: EmailMessage) -> None:
    """Hand one message over to the relay; it is the relay's once this returns. Raises RefusedForGood or NotNow."""
    try:
        with _connected(relay) as connection:
            connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as refused:
        codes = [code for code, _ in refused.recipients.values()]
        raise (RefusedForGood if min(codes) >= REFUSED_FOR_GOOD else NotNow) from refused
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as refused:
        raise (RefusedForGood if refused.smtp_code >= REFUSED_FOR_GOOD else NotNow) from refused
    except (OSError, smtplib.SMTPException) as error:
        raise NotNow from error


def _connected(relay: Relay) -> smtplib.SMTP:
    kind = smtplib.SMTP_SSL if relay.encryption is Encryption.TLS else smtplib.SMTP
    connection = kind(relay.host, relay.port, timeout=TIMEOUT_SECONDS)
    if relay.encryption is Encryption.STARTTLS:
        connection.starttls()
    if relay.user is not None:
        connection.login(relay.user, relay.password or "")
    return connection
