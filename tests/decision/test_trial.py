"""Which schemes are tried: by category, customer, country and what is given; remembered by these and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from compensation_service.decision.case import open_case
from compensation_service.decision.engine import decide
from compensation_service.decision.facts import Customer, CustomerKind, Facts, Incident, Order
from compensation_service.decision.trial import trial_for
from compensation_service.policies.load import default_text, load_policy
from decision.cases import NOW

POLICY = load_policy(
    default_text()
    + """
schemes:
  - {pack: eu-2019-771-goods, categories: [defective_item], consumers_only: true}
  - {pack: uk-cra-2015, categories: [defective_item]}
  - {pack: shop-late-parcel, categories: [late_delivery]}
  - {pack: eu-2011-83-withdrawal, if_given: [withdrawn_on]}
"""
)

ORDER = Order("EUR", 10_000, country="BG", delivered_at=NOW - timedelta(days=9))
FAULTY = Facts(Incident("defective_item", grade="impaired", occurred_at=NOW), Customer("C-1"), NOW, ORDER)
LATE = Incident("late_delivery", occurred_at=NOW)


def tried(facts: Facts) -> list[str]:
    return [scheme.id for scheme, _ in trial_for(open_case(facts, POLICY)).schemes]


@pytest.mark.parametrize(
    ("facts", "schemes"),
    [
        (FAULTY, ["eu-2019-771-goods"]),
        (replace(FAULTY, order=replace(ORDER, country="GB")), ["uk-cra-2015"]),
        (replace(FAULTY, customer=Customer("C-2", CustomerKind.BUSINESS)), []),
        (replace(FAULTY, incident=LATE), ["shop-late-parcel"]),
        (
            replace(FAULTY, incident=replace(LATE, attributes={"withdrawn_on": "2026-03-01"})),
            ["shop-late-parcel", "eu-2011-83-withdrawal"],
        ),
        (
            replace(FAULTY, order=replace(ORDER, attributes={"withdrawn_on": "2026-03-01"})),
            ["eu-2019-771-goods", "eu-2011-83-withdrawal"],
        ),
    ],
)
def test_a_scheme_is_tried_where_it_concerns_the_case(facts, schemes):
    assert tried(facts) == schemes


def test_a_law_that_lacks_only_the_country_is_named():
    trial = trial_for(open_case(replace(FAULTY, order=replace(ORDER, country=None)), POLICY))
    assert [scheme.id for scheme in trial.without_country] == ["eu-2019-771-goods", "uk-cra-2015"]


def test_a_trial_is_remembered_by_words_and_not_by_amounts():
    dear = replace(FAULTY, order=replace(ORDER, total=99_900))
    assert trial_for(open_case(FAULTY, POLICY)) is trial_for(open_case(dear, POLICY))
    attributes = {"choice": "termination", "serious": True}
    for facts in (FAULTY, dear):
        claimed = replace(facts, incident=replace(facts.incident, attributes=attributes))
        assert decide(claimed, POLICY).schemes[0].amount_minor == facts.order.total


def test_the_standard_facts_that_no_scheme_takes_are_left_alone():
    takes = trial_for(open_case(FAULTY, POLICY)).takes
    assert "order.affected_value" in takes
    assert "order.shipping" not in takes
