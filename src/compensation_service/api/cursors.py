"""Cursors of lists: opaque, signed, and good only for the merchant, the list and the filters they were made for."""

import hashlib
from collections.abc import Mapping

import orjson
from itsdangerous import BadSignature, URLSafeSerializer

from compensation_service.domain.errors import BadCursor

CURSOR_LENGTH_MOST = 512


class Cursors:
    """Makes and reads cursors. `secret` is the same for all processes of the service."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def make(self, after: str, merchant_id: str, path: str, filters: Mapping[str, object]) -> str:
        """The cursor of the page that begins after the item `after`."""
        text: str | bytes = self._serializer(merchant_id, path, filters).dumps(after)
        return text if isinstance(text, str) else text.decode()

    def read(self, cursor: str, merchant_id: str, path: str, filters: Mapping[str, object]) -> str:
        """The item that the page begins after. BadCursor unless it was made here for exactly this list."""
        if len(cursor) > CURSOR_LENGTH_MOST:
            raise BadCursor
        try:
            after = self._serializer(merchant_id, path, filters).loads(cursor)
        except BadSignature as error:
            raise BadCursor from error
        if not isinstance(after, str):
            raise BadCursor
        return after

    def _serializer(self, merchant_id: str, path: str, filters: Mapping[str, object]) -> URLSafeSerializer:
        """The purpose goes into the salt: a cursor made for another purpose has another signature."""
        purpose = orjson.dumps(["cursor", merchant_id, path, filters], option=orjson.OPT_SORT_KEYS)
        return URLSafeSerializer(
            self._secret, salt=purpose, signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
        )
