"""The texts of the customer's pages: the same in every language, with the same fields."""

import re

import pytest

from compensation_service.domain.follow_up import Outcome
from compensation_service.domain.offer import OfferStatus
from compensation_service.domain.remedy import RemedyStatus
from compensation_service.portal import page
from compensation_service.services.customer_page import OWED_FIRST

FIELD = re.compile(r"\{[a-z_]+\}")


def leaves(value, place=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{place}/{key}")
    else:
        yield place, value


@pytest.mark.parametrize("language", page.LANGUAGES)
def test_every_language_says_the_same_things_with_the_same_fields(language):
    english, said = dict(leaves(page.texts("en"))), dict(leaves(page.texts(language)))
    assert said.keys() == english.keys()
    for place, text in said.items():
        assert sorted(FIELD.findall(str(text))) == sorted(FIELD.findall(str(english[place]))), place
        assert len(text) == len(english[place]) if isinstance(text, list) else text.strip()


def test_no_sentence_in_bulgarian_ends_with_a_date():
    """A date ends with a full stop there: two of them would stand side by side."""
    said = [str(text) for _, text in leaves(page.texts("bg"))]
    assert not [text for text in said if re.search(r"\{(date|done_by|respond_by|expires)\}\.", text)]


def test_there_is_a_word_for_everything_that_can_be():
    said = page.texts("en")
    hidden = {OfferStatus.OPEN, OfferStatus.REJECTED}
    assert {str(status) for status in set(OfferStatus) - hidden} | {OWED_FIRST, "by_default"} == set(said["status"])
    assert {str(status) for status in RemedyStatus} == set(said["remedy"])
    assert {str(outcome) for outcome in Outcome} == set(said["asked"])
