from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from compensation_service.decision.facts import Disposition, Fault, History, Order, PastIncident, RemedyKind
from compensation_service.decision.guards import Approval
from compensation_service.decision.reasons import Reason
from compensation_service.policies.load import default_policy
from decision.cases import NOW, ORDER, an_incident, codes, decided, kinds

LARGE = an_incident("defective_item", grade="impaired", critical_need=True)
NOTHING_CAME = an_incident("not_received", verified=False)


def claims(claims, orders=0):
    return codes(decided(history=History(unverified_claims_12m=claims), orders_count=orders).guards)


@pytest.mark.parametrize(
    ("unverified", "orders", "found"),
    [
        (0, 0, []),
        (1, 0, []),  # 2 ÷ 10
        (2, 2, []),  # 3 ÷ 12 is .25 and not above
        (2, 0, ["evidence_requested"]),
        (2, 1, ["evidence_requested"]),
        (6, 10, ["evidence_requested"]),  # 7 ÷ 20 is .35 and not above
        (3, 0, ["claim_rate_person", "evidence_requested"]),
        (7, 12, ["claim_rate_person", "evidence_requested"]),
    ],
)
def test_claims_without_proof_ask_for_evidence_and_then_for_a_person(unverified, orders, found):
    assert claims(unverified, orders) == found


def never_came(*days, **changes):
    return History(
        [PastIncident("not_received", NOW - timedelta(days=d), **({"verified": False} | changes)) for d in days]
    )


def test_three_claims_that_nothing_came_are_for_a_person():
    decision = decided(NOTHING_CAME, history=never_came(1, 89))
    assert codes(decision.guards) == ["unverified_not_received_person"]
    assert decision.guards[0].params == {"most": 3}
    assert codes(decision.approval.reasons) == ["band_needs_person", "unverified_not_received_person"]
    for history in (never_came(1), never_came(1, 90), never_came(1, 2, verified=True), never_came(1, -1)):
        assert decided(NOTHING_CAME, history=history).guards == ()
    assert decided(NOTHING_CAME, history=never_came(0, 1)).guards != ()
    assert decided(replace(NOTHING_CAME, verified=True), history=never_came(1, 2)).guards == ()
    assert codes(decided(history=never_came(1, 2, 3)).guards) == ["unverified_not_received_person"]
    assert decided(an_incident(verified=False), history=never_came(1, 2)).guards == ()
    other = History([replace(past, category="wrong_item") for past in never_came(1, 2, 3).incidents])
    assert decided(NOTHING_CAME, history=other).guards == ()


def test_a_claim_told_twice_is_one_claim():
    claim = replace(NOTHING_CAME, reference="N-2")
    for first, second, found in (("N-1", "N-1", 0), ("N-1", "N-2", 0), ("N-1", "N-3", 1)):
        told = [replace(never_came(1).incidents[0], reference=reference) for reference in (first, second)]
        assert len(decided(claim, history=History(told)).guards) == found


def test_evidence_alone_needs_no_person():
    assert decided(history=History(unverified_claims_12m=2)).approval is None
    rate = decided(history=History(unverified_claims_12m=3)).approval
    assert rate == Approval("agent", (Reason("claim_rate_person"),))


def test_a_usual_case_needs_nobody():
    assert decided().approval is None


@pytest.mark.parametrize(("value", "role"), [(14_000, None), (15_000, "agent"), (100_000, "agent")])
def test_much_goodwill_needs_a_person(value, role):
    decision = decided(LARGE, order=Order("EUR", value))
    assert (decision.approval and decision.approval.role) == role
    if role:
        assert codes(decision.approval.reasons) == ["goodwill_above_automatic"]
        assert decision.approval.reasons[0].params == {"most": 5_000}


def test_goodwill_in_parts_needs_a_person_like_goodwill_in_one_piece():
    """14.50 on top of what other incidents of the order got: the order counts, not the incident alone."""

    def approval(before):
        return decided(order=replace(ORDER, goodwill_before=before)).approval

    assert approval(3_550) is None
    assert approval(3_551) == Approval("agent", (Reason("order_goodwill_above_automatic", {"most": 5_000}),))
    without = decided(an_incident(delay_hours=Decimal(24)), order=replace(ORDER, goodwill_before=9_000))
    assert without.approval is None
    overridden = replace(ORDER, goodwill_before=25_000)
    policy = default_policy()
    large = replace(policy, goodwill=replace(policy.goodwill, most=Decimal(3)))
    assert decided(order=overridden, policy=large).approval.role == "manager"


def test_what_is_exactly_the_automatic_limit_is_automatic():
    policy = default_policy()
    at = replace(policy, approval=replace(policy.approval, automatic_most=Decimal("0.145")))
    below = replace(policy, approval=replace(policy.approval, automatic_most=Decimal("0.1449")))
    assert decided(policy=at).approval is None
    assert decided(policy=below).approval.role == "agent"


def test_nobody_has_to_agree_to_no_goodwill():
    policy = default_policy()
    none = replace(policy, approval=replace(policy.approval, automatic_most=Decimal(0)))
    decision = decided(an_incident(fault=Fault.CUSTOMER), policy=none)
    assert (decision.amount.minor, decision.approval) == (0, None)


def test_the_role_follows_the_amount():
    policy = default_policy()

    def role(*limits):
        terms = replace(
            policy.approval,
            automatic_most=Decimal(0),
            limits=[*zip(("agent", "lead"), limits, strict=False), ("manager", None)],
        )
        return decided(policy=replace(policy, approval=terms)).approval.role

    assert role(Decimal("0.145"), Decimal(2)) == "agent"
    assert role(Decimal("0.144"), Decimal("0.145")) == "lead"
    assert role(Decimal("0.143"), Decimal("0.144")) == "manager"


def test_the_worst_band_needs_a_person():
    approval = decided(an_incident(delay_hours=Decimal(336))).approval
    assert approval.reasons == (Reason("band_needs_person", {"band": "critical"}),)


def test_some_grades_need_a_person_whatever_the_amount():
    unsafe = decided(an_incident("defective_item", grade="unsafe", fault=Fault.EXTERNAL)).approval
    assert unsafe.reasons[1] == Reason("grade_needs_person", {"grade": "unsafe"})
    demeaning = decided(an_incident("poor_service", grade="demeaning")).approval
    assert demeaning.reasons == (Reason("grade_needs_person", {"grade": "demeaning"}),)
    assert decided(an_incident("poor_service", grade="rude")).approval is None


def test_critical_and_repeated_needs_a_person():
    history = History([PastIncident("late_delivery", NOW, "P-1"), PastIncident("wrong_item", NOW - timedelta(days=45))])
    decision = decided(an_incident(delay_hours=Decimal(336)), history=history)
    assert decision.severity.repeats == 2
    assert codes(decision.approval.reasons) == ["band_needs_person", "critical_repeats"]
    fewer = decided(an_incident(delay_hours=Decimal(336)), history=History(history.incidents[:1]))
    assert codes(fewer.approval.reasons) == ["band_needs_person"]
    milder = decided(an_incident(delay_hours=Decimal(48)), history=history)
    assert milder.severity.band != "critical"
    assert milder.approval is None


def test_much_goodwill_in_a_year_needs_a_person_and_counts_for_the_role():
    assert decided(history=History(goodwill_12m=18_550)).approval is None
    approval = decided(history=History(goodwill_12m=18_551)).approval
    assert approval == Approval("manager", (Reason("goodwill_12m", {"most": 20_000}),))
    nothing = decided(an_incident(delay_hours=Decimal(24)), history=History(goodwill_12m=99_999))
    assert nothing.approval is None


def words(decision):
    return {kind for option in kinds(decision) for kind in option}


def soft(**times):
    return History(soft_remedies_90d={RemedyKind(kind): number for kind, number in times.items()})


def test_a_soft_kind_wears_off():
    fresh, worn = decided(LARGE, history=soft(gift=1), prefers=RemedyKind.GIFT), decided(LARGE, history=soft(gift=2))
    assert "gift" in words(fresh)
    assert "gift" not in words(worn)
    assert Reason("worn_out", {"kind": RemedyKind.GIFT}) in worn.guards
    assert fresh.guards == ()
    credit = decided(LARGE, history=soft(store_credit=9))
    assert "store_credit" in words(credit)


def test_after_72_hours_no_coupon_and_no_credit():
    def offered(**age):
        return decided(replace(LARGE, reported_at=NOW - timedelta(**age)))

    assert "store_credit" in words(offered(hours=72))
    late = offered(hours=72, microseconds=1)
    vouchers = {kind for kind, terms in default_policy().choice.kinds.items() if terms.voucher}
    assert not vouchers & words(late)
    assert late.guards == (Reason("voucher_too_late", {"hours": 72}),)


def test_an_apology_by_machine_is_made_once():
    decision = decided(history=History(apologies_90d=1))
    assert all(option[0] == "personal_call" and "apology" not in option for option in kinds(decision))
    assert decision.guards == (Reason("apology_by_person"),)
    assert kinds(decision)[0] == ["personal_call", "store_credit"]
    serious = decided(an_incident(delay_hours=Decimal(336)), history=History(apologies_90d=1))
    assert all(option.count("personal_call") == 1 for option in kinds(serious))


def test_a_limit_stands_among_the_guards():
    assert codes(decided(order=replace(ORDER, goodwill_before=9_000)).guards) == ["order_goodwill_cap"]


def test_no_guard_touches_what_is_owed():
    case = an_incident(disposition=Disposition.REJECTED, reported_at=NOW - timedelta(days=9))
    history = replace(soft(gift=9), apologies_90d=9, goodwill_12m=10**9, unverified_claims_12m=99)
    assert decided(case, history=history).entitlements == decided(case).entitlements != ()
