"""What changed, in words."""

import pytest

from compensation_service.policies.changes import changes
from compensation_service.policies.load import default_text, read_document

DEFAULT = read_document(default_text(), "default")
CHANGES = [
    ("share_max: 0.30", "share_max: 0.35", "late_delivery: share_max 0.30 → 0.35"),
    ("floor: 0.03", "floor: 0.04", "goodwill: floor 0.03 → 0.04"),
    ("[12, 0.04], [24", "[12, 0.05], [24", "late_delivery, delay: curve at 12: 0.04 → 0.05"),
    ("[12, 0.04], [24", "[24", "late_delivery, delay: curve point [12, 0.04] removed"),
    ("[12, 0.04], [24", "[12, 0.04], [18, 0.07], [24", "late_delivery, delay: curve point [18, 0.07] added"),
    ("a_status: 1}", "a_status: 1, platinum: 1}", "loyalty, tiers: platinum added: 1"),
    ("silver: 0.3, ", "", "loyalty, tiers: silver removed, was 0.3"),
    (
        "        - [apology, gift]\n        - [apology, next_purchase_discount]\n",
        "        - [apology, gift]\n",
        "menus, goods, kept: moderate apology + next_purchase_discount removed",
    ),
    ("- [apology]\n", "- [apology]\n        - [personal_call]\n", "menus, goods, kept: trivial personal_call added"),
    (
        "        - [apology, correction]\n        - [apology, free_service_period]\n      moderate",
        "        - [apology, free_service_period]\n        - [apology, correction]\n      moderate",
        "menus, service, kept: low put in another order",
    ),
    ("{role: lead, most: 2}", "{role: lead, most: 3}", "approval: limits role lead, most 3 added"),
    ("undoing: [wholly]", "undoing: [partly, wholly]", "not_as_described: undoing partly added"),
    ("hurried_from_repeats: 2", "hurried_from_repeats: 3", "clocks: hurried_from_repeats 2 → 3"),
    ("name: default", "name: mine", "name default → mine"),
    (
        "goods, factor: 1.00, cost_ratio: 0.60, soft: true",
        "goods, factor: 1.00, cost_ratio: 0.60",
        "kinds, gift: soft true → false",
    ),
]


@pytest.mark.parametrize(("old", "new", "sentence"), CHANGES)
def test_a_change_is_said_in_one_sentence(old, new, sentence):
    assert old in default_text()
    after = read_document(default_text().replace(old, new, 1), "policy")
    assert sentence in [change.text for change in changes(DEFAULT, after)]


def test_nothing_is_said_where_nothing_changed():
    text = default_text().replace("floor: 0.03", "floor: 0.030  # the same")
    assert changes(DEFAULT, read_document(text, "policy")) == []


def test_a_category_that_comes_or_goes_is_said_whole():
    start = default_text().index("  cannot_supply:")
    end = default_text().index("  technical_failure:")
    without = read_document(default_text()[:start] + default_text()[end:], "policy")
    (gone,) = changes(DEFAULT, without)
    assert gone.path == "categories.cannot_supply"
    assert gone.text.startswith("cannot_supply removed, was ceiling 0.70, basis affected")
    (come,) = changes(without, DEFAULT)
    assert come.text.startswith("cannot_supply added: ceiling 0.70")


def test_another_measure_is_said_as_one_that_went_and_one_that_came():
    text = default_text().replace("    always: 1  # judgement\n", "    grades: {lost: 1}\n", 1)
    said = [change.text for change in changes(DEFAULT, read_document(text, "policy"))]
    assert said == ["not_received: grades added: lost 1", "not_received: always removed, was 1"]


def test_schemes_are_compared_by_their_names_and_said_by_their_titles():
    own = """  - own:
      {id: quiet-day, title: A quiet day, basis: promise, currency: EUR, sources: [{url: "https://example.com"}],
       facts: {}, owed: [{kind: payment, amount: {lesser_of: [4, 5]}}]}
"""
    before = read_document(default_text() + "schemes:\n  - {pack: shop-late-parcel}\n", "policy")
    text = default_text() + "schemes:\n" + own + "  - {pack: shop-late-parcel, categories: [late_delivery]}\n"
    assert [change.text for change in changes(before, read_document(text, "policy"))] == [
        "schemes, shop-late-parcel: categories late_delivery added",
        "schemes: quiet-day added: own A quiet day, consumers_only false",
    ]
