"""Which texts can name a merchant."""

import pytest

from compensation_service.domain.merchant import is_merchant_id


@pytest.mark.parametrize("text", ["a", "acme", "acme-2", "0", "a" * 40])
def test_slugs(text):
    assert is_merchant_id(text)


@pytest.mark.parametrize("text", ["", "-a", "Acme", "a b", "a_b", "a" * 41, "acme\n", "акме", "a'b"])
def test_anything_else(text):
    assert not is_merchant_id(text)
