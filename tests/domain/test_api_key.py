"""Tokens, digests, and when a key can be used."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation_service.domain.api_key import ApiKey, Role, Scope, digest, matches, new_token, parse_token
from compensation_service.domain.errors import Unauthenticated

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = ApiKey("abcdefgh2345", "acme", "backend", Role.SERVICE, frozenset({Scope.OFFERS_READ}), digest("a" * 64), NOON)


@given(st.binary(min_size=32, max_size=32))
def test_a_token_is_read_back_as_it_was_made(seed):
    token = new_token(lambda size: seed[:size])
    key_id, secret = parse_token(token.text)
    assert key_id == token.id
    assert digest(secret) == token.secret_sha256
    assert secret not in repr(replace(KEY, secret_sha256=token.secret_sha256))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cmp_",
        "cmp_abcdefgh2345",
        f"cmp_abcdefgh2345_{'a' * 63}",
        f"cmp_abcdefgh2345_{'a' * 65}",
        f"cmp_abcdefgh2345_{'A' * 64}",
        f"cmp_ABCDEFGH2345_{'a' * 64}",
        f"cmp_abcdefgh0189_{'a' * 64}",
        f" cmp_abcdefgh2345_{'a' * 64}",
        f"cmp_abcdefgh2345_{'a' * 64}\n",
        f"cmp_abcdefgh2345_{'١' * 64}",
    ],
)
def test_what_is_no_token_is_refused(text):
    with pytest.raises(Unauthenticated):
        parse_token(text)


def test_only_the_secret_of_the_key_matches():
    assert matches(KEY, "a" * 64)
    assert not matches(KEY, "b" * 64)
    assert not matches(None, "a" * 64)


@pytest.mark.parametrize(
    ("key", "usable"),
    [
        (KEY, True),
        (replace(KEY, expires_at=NOON + timedelta(seconds=1)), True),
        (replace(KEY, expires_at=NOON), False),
        (replace(KEY, revoked_at=NOON), False),
    ],
)
def test_a_key_is_usable_until_it_is_revoked_or_expires(key, usable):
    assert key.is_usable(NOON) is usable
