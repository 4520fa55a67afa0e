"""Keeping signing secrets: they are needed in clear to sign, so they are stored encrypted (Fernet, AES and HMAC).

The key is derived from the settings' secret key. Whoever has the database alone cannot sign.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_PURPOSE = b"compensation-service webhook secrets"
KEY_BYTES = 32


class Unsealable(Exception):
    """It was sealed under another secret key, or is no seal at all."""


class Seal:
    """Seals short texts under a key derived from `secret_key`."""

    def __init__(self, secret_key: str) -> None:
        derived = HKDF(SHA256(), KEY_BYTES, salt=None, info=_PURPOSE).derive(secret_key.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def close(self, text: str) -> str:
        """Answer the text sealed; differently each time."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def opens(self, sealed: str) -> bool:
        """Whether it was sealed under this key."""
        try:
            self.open(sealed)
        except Unsealable:
            return False
        return True

    def open(self, sealed: str) -> str:
        """Answer the text that was sealed; Unsealable where that was under another key."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise Unsealable from error
