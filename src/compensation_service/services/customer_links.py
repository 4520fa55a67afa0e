"""The customer's link to the page of their offer: an opaque token, of which only the SHA-256 is kept.

The token follows from the offer's id and the secret of the service, so that nobody has to keep it. In documents that
are stored a placeholder stands for it, of the same length as JSON; it is put in on the way out (`reveal`).
"""

import hmac
import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final

MARK: Final = "\x01"
"""No text that comes from outside can hold this character: the gate for bodies refuses it."""
FILLING: Final = "-------"
"""Makes the placeholder as long as a token, so that revealing one changes no length."""
_BACKSLASH: Final = ord("\\")
_BEGINNING: Final = rb"\u0001off_"
"""How the placeholder begins in JSON: a text is found faster than an expression."""
_WRITTEN: Final = re.compile(rb"\\u0001(off_[0-9a-z]{26})-{7}")
_PLAIN: Final = re.compile(MARK + r"(off_[0-9a-z]{26})-{7}")
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class CustomerLinks:
    """Makes the links of one service; `secret` is that of the settings, `base_url` where customers reach the pages."""

    def __init__(self, secret: str, base_url: str) -> None:
        key = hmac.digest(secret.encode(), b"customer-link", "sha256")
        self._begun = hmac.new(key, digestmod="sha256")
        self._base_url = base_url

    def address(self, offer_id: str) -> str:
        """The address of an offer's page as it is stored, with a placeholder for the token."""
        return f"{self._base_url}/o/{MARK}{offer_id}{FILLING}"

    def token(self, offer_id: str) -> str:
        """The token of an offer: 256 bits, as 43 characters that need no escape in an address."""
        return urlsafe_b64encode(self._digest(offer_id)).rstrip(b"=").decode("ascii")

    def fingerprint(self, offer_id: str) -> str:
        """What is kept of an offer's token."""
        return fingerprint(self.token(offer_id))

    def reveal(self, written: bytes) -> bytes:
        """JSON with its links as customers need them; as long as before.

        A text that only looks like a placeholder has two backslashes in JSON, and stays as it is.
        """
        if _BACKSLASH not in written:
            return written
        pieces: list[bytes] = []
        done, at = 0, written.find(_BEGINNING)
        while at >= 0:
            found = _WRITTEN.match(written, at)
            if found and not _is_escaped(written, at):
                pieces += (written[done:at], self.token(found[1].decode("ascii")).encode("ascii"))
                done = found.end()
            at = written.find(_BEGINNING, at + 1)
        return b"".join([*pieces, written[done:]]) if pieces else written

    def reveal_text(self, text: str) -> str:
        """A text with its links as customers need them."""
        return _PLAIN.sub(lambda found: self.token(found[1]), text) if MARK in text else text

    def form_token(self, token: str) -> str:
        """What a form on the page of a token brings back, to show that it was this page that was sent."""
        return self._digest(f"form:{token}").hex()

    def _digest(self, text: str) -> bytes:
        """HMAC-SHA-256. Begun once, it costs half, and does not give the interpreter away as `hmac.digest` does."""
        digest = self._begun.copy()
        digest.update(text.encode())
        return digest.digest()


def _is_escaped(written: bytes, at: int) -> bool:
    """Whether the backslash at this place belongs to the one before it."""
    before = at
    while before and written[before - 1] == _BACKSLASH:
        before -= 1
    return (at - before) % 2 == 1


def fingerprint(token: str) -> str:
    """What is kept of a token: its SHA-256, in hex."""
    return sha256(token.encode("ascii")).hexdigest()
