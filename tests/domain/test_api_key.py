"""Tokens, digests, and when a key can be used."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation_service.domain.api_key import (
    ApiKey,
    KeyStatus,
    Role,
    Scope,
    digest,
    matches,
    new_token,
    parse_token,
)
from compensation_service.domain.errors import AuthorityNeeded, Forbidden, Unauthenticated

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


def test_an_unknown_key_is_compared_as_carefully_as_a_wrong_secret():
    """The same calls are made, in Python and in C, whether or not there is such a key: time can tell nothing."""
    wrong, right = "b" * 64, "a" * 64
    made = [calls_of(matches, key, secret) for key in (None, KEY) for secret in (wrong, right)]
    assert made[0] == made[1] == made[2] == made[3]
    assert "compare_digest" in made[0]


def calls_of(function, *arguments):
    """The names of all functions that a call runs, in their order."""
    seen = []

    def note(frame, event, called):
        if event in {"call", "c_call"}:
            seen.append(called.__name__ if event == "c_call" else frame.f_code.co_name)

    sys.setprofile(note)
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
    return seen


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("other", Role)
def test_a_key_has_authority_up_to_its_own_role(role, other):
    key = replace(KEY, role=role)
    if list(Role).index(other) <= list(Role).index(role):
        key.demand_authority(other, KEY.scopes)
    else:
        with pytest.raises(AuthorityNeeded):
            key.demand_authority(other, KEY.scopes)


def test_a_key_has_authority_over_its_own_scopes():
    KEY.demand_authority(Role.SERVICE, frozenset())
    with pytest.raises(Forbidden, match="keys:manage"):
        KEY.demand_authority(Role.SERVICE, frozenset({Scope.OFFERS_READ, Scope.KEYS_MANAGE}))


@pytest.mark.parametrize(
    ("key", "status"),
    [
        (KEY, KeyStatus.ACTIVE),
        (replace(KEY, expires_at=NOON), KeyStatus.EXPIRED),
        (replace(KEY, expires_at=NOON, revoked_at=NOON), KeyStatus.REVOKED),
    ],
)
def test_the_status_tells_why_a_key_is_not_usable(key, status):
    assert key.status_at(NOON) is status
