"""What a policy depends on besides its text is kept beside it, and nothing else is asked when it decides again."""

import json

from compensation_service.decision.schemes.evaluate import evaluate
from compensation_service.policies.freeze import freeze, installed, thaw
from compensation_service.policies.load import default_text, read_document, stored_policy

ADOPTED = """
schemes:
  - pack: shop-late-parcel
    categories: [late_delivery]
  - own:
      id: shop-three-days
      title: Three working days, or 10.00
      basis: promise
      sources: [{url: "https://example.com", what: The promise}]
      currency: EUR
      facts:
        ordered_on: {type: date}
        shipped_on: {type: date}
      calendars:
        bulgaria: {country: BG, weekend: [saturday, sunday]}
      values:
        days: {count: working_days, from: ordered_on, to: shipped_on, calendar: bulgaria}
      only_if:
        - {when: days > 3, because: It was shipped in time.}
      owed: [{kind: payment, amount: 10}]
"""
LIBERATION_DAY = {"ordered_on": "2026-02-27", "shipped_on": "2026-03-05"}  # 3 March is a holiday in Bulgaria
PARCEL = {"currency": "EUR", "promised_on": "2026-03-01", "delivered_on": "2026-03-05", "today": "2026-03-05"}


def document():
    return read_document(default_text() + ADOPTED, "policy")


def owed(scheme_of, facts, place):
    return evaluate(scheme_of(document().schemes[place]), facts).amount_minor


def test_what_is_frozen_decides_as_what_is_installed():
    frozen = thaw(freeze(document()))
    for place, facts in ((0, PARCEL), (1, LIBERATION_DAY), (1, {**LIBERATION_DAY, "shipped_on": "2026-03-06"})):
        assert owed(frozen, facts, place) == owed(installed, facts, place)


def test_packs_are_read_from_what_was_frozen():
    kept = json.loads(freeze(document()))
    kept["packs"]["shop-late-parcel"] = kept["packs"]["shop-late-parcel"].replace("amount: 5.00", "amount: 7.00")
    assert owed(installed, PARCEL, 0) == 500
    assert owed(thaw(json.dumps(kept)), PARCEL, 0) == 700


def test_holidays_are_read_from_what_was_frozen():
    kept = json.loads(freeze(document()))
    assert "2026-03-03" in kept["holidays"]["BG"]
    assert owed(thaw(json.dumps(kept)), LIBERATION_DAY, 1) == 0
    kept["holidays"]["BG"].remove("2026-03-03")
    assert owed(thaw(json.dumps(kept)), LIBERATION_DAY, 1) == 1000


def test_without_schemes_nothing_is_frozen():
    plain = read_document(default_text(), "policy")
    assert freeze(plain) == ""
    assert stored_policy(default_text(), "").schemes == ()
