"""Signing secrets as they are stored."""

import pytest

from compensation_service.webhooks.sealing import Seal, Unsealable


def test_what_is_sealed_is_opened_with_the_same_key_only():
    seal = Seal("k" * 32)
    closed = seal.close("whsec_secret")
    assert "secret" not in closed
    assert closed != seal.close("whsec_secret")
    assert Seal("k" * 32).open(closed) == "whsec_secret"
    for broken in (closed[:-4] + "AAA=", "", "whsec_secret"):
        with pytest.raises(Unsealable):
            seal.open(broken)
    with pytest.raises(Unsealable):
        Seal("l" * 32).open(closed)
