from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from compensation_service.decision.facts import Channel, Fault, History, PastIncident, ServiceLevel
from compensation_service.decision.severity import _band
from compensation_service.policies.load import default_policy
from decision.cases import NOW, ORDER, an_incident, codes, decided

LATE, DEFECT = "late_delivery", "defective_item"


def past(days, category=LATE, **changes):
    return PastIncident(category, NOW - timedelta(days=days), **changes)


def repeats(*incidents, incident=None):
    return decided(incident, history=History(incidents)).severity.repeats


def test_an_incident_alone():
    severity = decided().severity
    assert (severity.score, severity.band, severity.repeats) == (Decimal("0.374000"), "moderate", 0)
    assert [(factor.code, factor.value) for factor in severity.factors] == [
        ("late_delivery.ceiling", Decimal("0.85")), ("late_delivery.hours", Decimal("0.44")),
    ]  # fmt: skip
    assert severity.factors[1].params == {"hours": 72, "service_level": "standard"}


@pytest.mark.parametrize(
    ("category", "facts", "code", "value"),
    [
        ("not_received", {}, "not_received.always", "1"),
        ("other", {"grade": "major"}, "other.major", "0.75"),
        ("support_wait", {"channel": Channel.PHONE, "wait_minutes": Decimal(15)}, "support_wait.wait", "0.49"),
        ("support_wait", {"channel": Channel.EMAIL, "wait_minutes": Decimal(4320)}, "support_wait.wait", "0.49"),
        (LATE, {"delay_hours": Decimal(6), "service_level": ServiceLevel.SAME_DAY}, "late_delivery.hours", "0.44"),
        (LATE, {"delay_hours": Decimal(-6)}, "late_delivery.hours", "0"),
    ],
)
def test_each_category_has_its_measure(category, facts, code, value):
    factor = decided(an_incident(category, **facts)).severity.factors[1]
    assert (factor.code, factor.value) == (code, Decimal(value))
    assert factor.params == {} or "hours" in factor.params or "minutes" in factor.params


def test_the_measure_says_what_it_measured():
    wait = an_incident("support_wait", channel=Channel.CHAT, wait_minutes=Decimal("7.5"))
    assert decided(wait).severity.factors[1].params == {"minutes": Decimal("7.5"), "target": 2, "channel": "chat"}
    late = an_incident(delay_hours=Decimal("1.005"))
    assert decided(late).severity.factors[1].params["hours"] == Decimal("1.00")


def test_a_delay_from_times():
    promised, incident = NOW - timedelta(hours=72), an_incident(delay_hours=None)
    waiting = decided(incident, order=replace(ORDER, promised_at=promised))
    assert waiting.severity.score == Decimal("0.374")
    arrived = decided(incident, order=replace(ORDER, promised_at=promised, delivered_at=promised + timedelta(hours=48)))
    assert arrived.severity.score == Decimal("0.2125")
    early = decided(incident, order=replace(ORDER, promised_at=promised, delivered_at=promised - timedelta(hours=48)))
    assert early.severity.score == 0
    assert early.severity.factors[1].params["hours"] == 0
    said = decided(an_incident(), order=replace(ORDER, promised_at=NOW))
    assert said.severity.score == Decimal("0.374")


@pytest.mark.parametrize(
    ("hours", "score", "band"),
    [
        ("27", "0.099875", "trivial"),  # m = .10 + .07 × 3 ÷ 12 = .1175
        ("28", "0.104833", "low"),  # m = .10 + .07 × 4 ÷ 12 = .123333
        ("53", "0.246146", "low"),  # m = .25 + .095 × 5 ÷ 12 = .289583
        ("54", "0.252875", "moderate"),  # m = .25 + .095 × 6 ÷ 12 = .2975
        ("90", "0.495125", "moderate"),  # m = .44 + .19 × 18 ÷ 24 = .5825
        ("96", "0.5355", "high"),
        ("144", "0.75225", "critical"),
    ],
)
def test_bands(hours, score, band):
    severity = decided(an_incident(delay_hours=Decimal(hours))).severity
    assert (severity.score, severity.band) == (Decimal(score), band)


def test_a_band_begins_at_its_number():
    bands = default_policy().severity.bands
    edges = [(band, begins) for band, begins in bands if begins]
    for place, (band, begins) in enumerate(edges):
        assert _band(begins, bands) is band
        assert _band(begins - Decimal("0.000001"), bands) is bands[place][0]


def test_critical_need_lifts_what_is_not_the_worst_already():
    severity = decided(an_incident(critical_need=True)).severity
    assert severity.score == Decimal("0.444237")  # .374 + .3 × .374 × .626
    assert (severity.factors[0].params, severity.factors[2].params) == ({}, {})
    assert (severity.factors[2].code, severity.factors[2].value) == ("critical_need", Decimal("1.1878"))
    assert decided(an_incident("not_received", critical_need=True)).severity.score == 1


@pytest.mark.parametrize(
    ("days", "weight"), [(0, "1.5"), (45, "0.75"), (90, "0.375"), (135, "0.1875"), (180, "0"), (500, "0"), (-1, "0")]
)
def test_an_earlier_incident_weighs_by_its_age(days, weight):
    assert repeats(past(days)) == Decimal(weight)


def test_another_category_weighs_less_and_another_s_fault_or_a_bare_claim_nothing():
    assert repeats(past(45, DEFECT)) == Decimal("0.5")
    assert repeats(past(45, fault=Fault.CUSTOMER)) == 0
    assert repeats(past(45, verified=False)) == 0


def test_a_failed_recovery_counts_once_and_all_is_capped():
    assert repeats(past(45, DEFECT, recovery_failed=True), past(90, DEFECT, recovery_failed=True)) == Decimal("1.75")
    assert repeats(past(45, verified=False, recovery_failed=True)) == 1
    assert repeats(past(45, DEFECT, recovery_failed=True), past(45, DEFECT)) == 2
    assert repeats(past(180, recovery_failed=True)) == 0
    assert repeats(past(180), past(-1), past(45)) == Decimal("0.75")
    assert repeats(past(-1, recovery_failed=True)) == 0
    assert repeats(*(past(1) for _ in range(9))) == 3


def test_age_counts_from_when_it_occurred_else_was_reported_else_now():
    earlier = past(90)
    assert repeats(earlier, incident=an_incident(reported_at=NOW - timedelta(days=45))) == Decimal("0.75")
    occurred = an_incident(occurred_at=NOW - timedelta(days=90), reported_at=NOW - timedelta(days=45))
    assert repeats(earlier, incident=occurred) == Decimal("1.5")


def test_each_reference_counts_once_and_the_incident_itself_not_at_all():
    named = past(45, reference="P-1")
    assert repeats(named, named) == Decimal("0.75")
    assert repeats(named, past(45, reference="P-2")) == Decimal("1.5")
    assert repeats(past(45), past(45)) == Decimal("1.5")
    assert repeats(named, past(45), incident=an_incident(reference="P-1")) == Decimal("0.75")
    assert repeats(named, named, past(45, reference="P-3")) == Decimal("1.5")


def test_repeats_lift_the_score():
    severity = decided(history=History([past(45, DEFECT), past(45, DEFECT)])).severity
    assert severity.score == Decimal("0.452041")  # .374 + .374 × .626 × 1 ÷ 3
    assert severity.factors[2].code == "repeats"
    assert severity.factors[2].params == {"weight": 1}
    assert severity.factors[2].value == Decimal("1.208667")


def test_in_a_group_incident_neither_need_nor_history_counts():
    severity = decided(an_incident(group="G", critical_need=True), history=History([past(1)])).severity
    assert (severity.score, severity.repeats) == (Decimal("0.374"), 0)
    assert codes(severity.factors) == ["late_delivery.ceiling", "late_delivery.hours"]
