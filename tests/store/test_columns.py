"""Column types: what goes in comes out, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import IntegrityError

from compensation_service.decision.policy import Band
from records import MERCHANT, incident, offer

TEHRAN = timezone(timedelta(hours=3, minutes=30))


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC),
        datetime(2026, 3, 1, 0, 0, tzinfo=TEHRAN),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2199, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
def test_moments_come_back_in_utc_to_the_microsecond(store, moment):
    with store.writing(MERCHANT) as unit:
        unit.incidents.add([incident(1, occurred_at=moment)])
    with store.reading(MERCHANT) as unit:
        back = unit.incidents.get("inc_0000001").occurred_at
    assert back == moment
    assert back.utcoffset() == timedelta(0)


def test_a_moment_without_an_offset_is_refused(store):
    with pytest.raises(ValueError, match="without an offset"), store.writing(MERCHANT) as unit:
        unit.incidents.add([incident(1, occurred_at=datetime(2026, 3, 1))])  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize("amount", [0, 1, 10**12, 2**62])
def test_money_is_exact(store, amount):
    with store.writing(MERCHANT) as unit:
        unit.incidents.add([incident(1)])
        unit.offers.add([offer(1, worth_minor=amount)])
    with store.reading(MERCHANT) as unit:
        assert unit.offers.get("off_0000001").offer.worth_minor == amount


@pytest.mark.parametrize("text", ["", "سلام", "Здравствуйте", "quote ' \" \\ {a,b} %s :name", "a\nb\tc", "🎁"])
def test_texts_are_kept_as_they_are(store, text):
    kept = incident(1, summary=text, customer_reference=text or "x", reference=text or "y")
    with store.writing(MERCHANT) as unit:
        unit.incidents.add([kept])
        unit.offers.add([offer(1)])
    with store.reading(MERCHANT) as unit:
        assert unit.incidents.get(kept.id) == kept
        assert unit.incidents.by_reference([kept.reference])[kept.reference][0] == kept


def test_a_word_that_is_none_of_the_enum_is_refused_by_the_database(store):
    class Odd:
        value = "odd"

    with pytest.raises(IntegrityError), store.writing(MERCHANT) as unit:
        unit.incidents.add([replace(incident(1), band=Odd())])
    with store.writing(MERCHANT) as unit:
        unit.incidents.add([incident(number, band=band) for number, band in enumerate(Band)])
