"""Making offers in batches, on real databases: once per incident, once per key, with the customer's whole history."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

import orjson
import pytest

import records
from compensation_service.clock import random_token
from compensation_service.decision.engine import decide
from compensation_service.decision.facts import (
    Customer,
    Facts,
    Fault,
    History,
    Incident,
    Order,
    OrderLine,
    PastIncident,
    RemedyKind,
    UnusableFacts,
)
from compensation_service.decision.money import Money
from compensation_service.decision.policy import Band
from compensation_service.domain.errors import CompensationError, IdempotencyKeyReused, NotFound, Unauthenticated
from compensation_service.domain.incident import IncidentStatus
from compensation_service.domain.merchant import Merchant
from compensation_service.domain.offer import OfferAction, OfferStatus
from compensation_service.policies.load import default_policy
from compensation_service.services import archive
from compensation_service.services.customer_links import CustomerLinks
from compensation_service.services.offers import (
    CREATED,
    FOUND,
    Answer,
    Desk,
    Idempotency,
    OfferRequest,
    OfferService,
    Outcome,
    make_offers,
    moment_of_decision,
)
from compensation_service.services.policy_book import PolicyBook
from compensation_service.store.group_commit import GroupCommit
from compensation_service.store.offers import OfferFilter
from compensation_service.store.store import Store

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
KEY = "abcdefgh2345"
MERCHANT = records.MERCHANT


def ids() -> Callable[[str], str]:
    numbers = count(1)
    return lambda prefix: f"{prefix}_{next(numbers):08}"


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(
        PolicyBook(store, lambda: NOW),
        lambda: NOW,
        ids(),
        "https://offers.example",
        CustomerLinks("secret", "https://offers.example"),
        bytes,
    )


@pytest.fixture(autouse=True)
def _key(store: Store) -> None:
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, "Acme", NOW))
        unit.api_keys.add(records.api_key(KEY))


def late(
    reference: str | None = "ZD-1",
    customer: str = "C-1",
    order: str | None = None,
    hours: int = 72,
    key: tuple[str, str] | None = None,
    key_id: str = KEY,
    **incident: object,
) -> OfferRequest:
    """A late delivery of an order of 100.00 EUR."""
    return OfferRequest(
        facts=Facts(
            incident=Incident("late_delivery", reference, delay_hours=Decimal(hours), fault=Fault.COMPANY, **incident),
            customer=Customer(customer),
            decided_at=NOW,
            order=Order("EUR", 10_000, reference=order or f"order-{reference}"),
        ),
        summary="Came late.",
        language="en",
        key_id=key_id,
        idempotency=Idempotency("/offers", *key) if key else None,
    )


def make(store: Store, desk: Desk, *requests: OfferRequest) -> list[Outcome]:
    with store.writing(MERCHANT) as unit:
        return make_offers(unit, requests, desk)


def document(outcome: Outcome) -> dict[str, object]:
    assert isinstance(outcome, Answer), outcome
    return orjson.loads(outcome.body)


def stored(store: Store) -> int:
    with store.reading(MERCHANT) as unit:
        return len(unit.offers.page(OfferFilter(), None, 100).items)


def test_an_offer_is_kept_whole(store, desk):
    (outcome,) = make(store, desk, late())
    answered = document(outcome)
    assert outcome.status_code == CREATED
    with store.reading(MERCHANT) as unit:
        kept = unit.offers.get(answered["id"])
        options = unit.offers.options(answered["id"])
        events = unit.events.of(kept.incident.id)
    assert kept.offer.document.encode() == outcome.body
    assert kept.offer.goodwill_minor == answered["goodwill"]["amount"]["amount"] == 1450
    assert kept.incident.reference == "ZD-1"
    assert kept.incident.band is Band.MODERATE
    assert [option.id for option in options] == [option["id"] for option in answered["options"]]
    assert [[remedy.kind for remedy in option.remedies] for option in options] == [
        [remedy["kind"] for remedy in option["remedies"]] for option in answered["options"]
    ]
    assert [event.sequence for event in events] == [1]


def test_every_incident_of_a_batch_has_a_salt_of_its_own(store, desk):
    outcomes = make(store, replace(desk, random_bytes=random_token), *[late(f"ZD-{n}", f"C-{n}") for n in range(3)])
    with store.reading(MERCHANT) as unit:
        salts = {unit.offers.get(document(outcome)["id"]).incident.salt for outcome in outcomes}
    assert len(salts) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", salt) for salt in salts)


def test_what_is_kept_can_be_decided_again(store, desk):
    make(store, desk, late("ZD-1"), late("ZD-2", customer="C-2"))
    (outcome,) = make(store, desk, late("ZD-3", critical_need=True))
    answered = document(outcome)
    with store.reading(MERCHANT) as unit:
        facts = archive.unpack(unit.offers.get(answered["id"]).offer.facts)
    again = decide(facts, default_policy())
    assert str(again.severity.score.normalize()) == answered["severity"]["score"]
    assert again.amount.minor == answered["goodwill"]["amount"]["amount"]
    assert [past.reference for past in facts.customer.history.incidents] == ["ZD-1"]


def test_the_same_reference_gets_the_same_offer(store, desk):
    (first,) = make(store, desk, late())
    (second,) = make(store, desk, late(hours=300))
    assert second == Answer(FOUND, first.body, replayed=True)
    assert stored(store) == 1


def test_the_same_key_gets_the_same_bytes(store, desk):
    (first,) = make(store, desk, late(None, key=("k", "f1")))
    (second,) = make(store, desk, late(None, key=("k", "f1")))
    assert second == Answer(CREATED, first.body, replayed=True)
    assert stored(store) == 1


def test_a_key_with_another_body_is_refused(store, desk):
    make(store, desk, late(None, key=("k", "f1")))
    (second,) = make(store, desk, late(None, key=("k", "f2")))
    assert isinstance(second, IdempotencyKeyReused)
    assert stored(store) == 1


@pytest.fixture
def over(store: Store) -> OfferRequest:
    """A request about an incident that was closed without a decision."""
    known = records.incident(1, reference="over", customer_reference="C-1", status=IncidentStatus.CLOSED)
    with store.writing(MERCHANT) as unit:
        unit.incidents.add([known])
    return late("over")


def keyed(request: OfferRequest, key: str, fingerprint: str = "f") -> OfferRequest:
    """With a key under which refusals can be kept."""

    def refusal(error: CompensationError) -> Answer:
        return Answer(409, f"refused: {error.code}".encode())

    return replace(request, idempotency=Idempotency("/offers", key, fingerprint, refusal))


def test_a_refusal_by_rule_is_kept_with_what_was_made_beside_it(store, desk, over):
    made, refused = make(store, desk, keyed(late("ZD-1", "C-2"), "made"), keyed(over, "refused"))
    assert (made.status_code, refused.code) == (CREATED, "illegal_move")
    again = make(store, desk, keyed(late("ZD-1", "C-2"), "made"), keyed(over, "refused"))
    assert again == [replace(made, replayed=True), Answer(409, b"refused: illegal_move", replayed=True)]
    (other,) = make(store, desk, keyed(over, "refused", "another"))
    assert isinstance(other, IdempotencyKeyReused)
    assert stored(store) == 1


def test_what_was_not_understood_or_has_no_key_is_not_kept(store, desk, over):
    unusable = replace(late("ZD-2", "C-2"), facts=Facts(Incident("nonsense"), Customer("C-2"), NOW))
    make(store, desk, keyed(unusable, "k"), over)
    made, refused = make(store, desk, keyed(late("ZD-2", "C-2"), "k"), over)
    assert (made.status_code, refused.code) == (CREATED, "illegal_move")


def test_a_new_key_for_a_known_reference_is_taken_too(store, desk):
    make(store, desk, late("ZD-1", key=("k1", "f1")))
    (second,) = make(store, desk, late("ZD-1", key=("k2", "f2")))
    (third,) = make(store, desk, late("ZD-9", key=("k2", "f9")))
    assert second.status_code == FOUND
    assert isinstance(third, IdempotencyKeyReused)


def test_a_refused_request_leaves_the_others_of_its_batch_alone(store, desk):
    unusable = replace(late("ZD-2", "C-2"), facts=Facts(Incident("nonsense"), Customer("C-2"), NOW))
    stranger = late("ZD-3", "C-3", key_id="zzzzzzzz2345")
    outcomes = make(store, desk, late("ZD-1"), unusable, stranger)
    assert document(outcomes[0])["incident"]["reference"] == "ZD-1"
    assert isinstance(outcomes[1], UnusableFacts)
    assert isinstance(outcomes[2], Unauthenticated)
    assert stored(store) == 1


def test_a_revoked_key_is_refused_by_the_write_itself(store, desk):
    with store.writing(MERCHANT) as unit:
        unit.api_keys.revoke(KEY, NOW - timedelta(seconds=1))
    (outcome,) = make(store, desk, late())
    assert isinstance(outcome, Unauthenticated)


def test_repeats_count_from_the_store(store, desk):
    (first,) = make(store, desk, late("ZD-1"))
    (second,) = make(store, desk, late("ZD-2"))
    assert Decimal(document(second)["severity"]["score"]) > Decimal(document(first)["severity"]["score"])
    # S + S·(1−S)·R÷3 with S = .374 and R = 1.5: the same trouble, the same day.
    assert document(second)["severity"]["score"] == "0.491062"


def test_an_incident_that_caller_and_store_know_counts_once(store, desk):
    make(store, desk, late("ZD-1"))
    told = PastIncident("late_delivery", NOW, "ZD-1")
    request = late("ZD-2")
    customer = replace(request.facts.customer, history=History(incidents=(told,)))
    (outcome,) = make(store, desk, replace(request, facts=replace(request.facts, customer=customer)))
    assert document(outcome)["severity"]["score"] == "0.491062"


def test_a_failed_recovery_that_only_the_caller_knows_of_counts(store, desk):
    make(store, desk, late("ZD-1"))
    told = PastIncident("late_delivery", NOW, "ZD-1", recovery_failed=True)
    request = late("ZD-2")
    customer = replace(request.facts.customer, history=History(incidents=(told,)))
    (outcome,) = make(store, desk, replace(request, facts=replace(request.facts, customer=customer)))
    # 2.5 is what R amounts to: the same category, the same day, and one recovery that failed.
    assert document(outcome)["severity"]["score"] == "0.569103"


def test_the_second_apology_within_90_days_is_a_persons(store, desk):
    make(store, desk, late("ZD-1"))
    (second,) = make(store, desk, late("ZD-2"))
    kinds = {remedy["kind"] for option in document(second)["options"] for remedy in option["remedies"]}
    assert RemedyKind.APOLOGY not in kinds
    assert RemedyKind.PERSONAL_CALL in kinds
    assert "apology_by_person" in {guard["code"] for guard in document(second)["guards"]}


def test_goodwill_of_one_order_stays_within_the_reference_value(store, desk):
    outcomes = [make(store, desk, late(f"ZD-{n}", f"C-{n}", order="same", hours=336))[0] for n in range(6)]
    given = [document(outcome)["goodwill"]["amount"]["amount"] for outcome in outcomes]
    assert sum(given) <= 10_000
    assert given[0] == 2800
    assert given[-1] == 0
    assert "order_goodwill_cap" in {guard["code"] for outcome in outcomes for guard in document(outcome)["guards"]}


def test_answers_whose_bytes_were_cleared_give_the_present_state(store, desk):
    (first,) = make(store, desk, late(None, key=("k", "f1")))
    with store.writing(MERCHANT) as unit:
        answered = unit.answers.find([("/offers", "k")])[("/offers", "k")]
        cleared = replace(answered, key="cleared", body=None)
        unit.answers.add([cleared])
    (second,) = make(store, desk, late(None, key=("cleared", "f1")))
    assert second == Answer(FOUND, first.body, replayed=True)


def test_two_requests_that_must_know_of_each_other_share_a_name():
    one, same_customer, stranger = late("ZD-1"), late("ZD-2"), late("ZD-3", "C-3")
    assert not one.distinct.isdisjoint(same_customer.distinct)
    assert one.distinct.isdisjoint(stranger.distinct)
    assert not late("ZD-1", "C-1").distinct.isdisjoint(late("ZD-1", "C-2").distinct)
    assert not late("1", "C-1", "o").distinct.isdisjoint(late("2", "C-2", "o").distinct)
    assert not late("1", "C-1", key=("k", "f")).distinct.isdisjoint(late("2", "C-2", key=("k", "g")).distinct)


@pytest.mark.parametrize(
    ("reported_at", "decided_at"),
    [
        (None, NOW),
        (NOW - timedelta(hours=1), NOW),
        (NOW + timedelta(seconds=30), NOW + timedelta(seconds=30)),
        (NOW + timedelta(minutes=6), NOW),
    ],
)
def test_a_clock_that_runs_a_little_ahead_is_forgiven(reported_at, decided_at):
    assert moment_of_decision(NOW + timedelta(microseconds=7), reported_at) == decided_at


def test_many_callers_with_one_reference_get_one_offer(store, desk):
    async def all_at_once() -> list[Answer]:
        writer: GroupCommit[OfferRequest, Outcome] = GroupCommit(
            store, lambda unit, requests: make_offers(unit, requests, desk), timeout_s=60
        )
        writer.start()
        service = OfferService(store, writer, desk)
        try:
            return await asyncio.gather(*(service.make(MERCHANT, late()) for _ in range(32)))
        finally:
            await writer.stop()

    answers = asyncio.run(all_at_once())
    assert [answer.status_code for answer in answers].count(CREATED) == 1
    assert len({answer.body for answer in answers}) == 1
    assert stored(store) == 1


def test_offers_are_found_again(store, desk):
    (outcome,) = make(store, desk, late())
    service = OfferService(store, GroupCommit(store, lambda *_: []), desk)
    offer_id = str(document(outcome)["id"])
    assert service.get(MERCHANT, offer_id) == outcome.body
    items, after = service.page(MERCHANT, OfferFilter(customer="C-1"), None, 10)
    assert [item["id"] for item in items] == [offer_id]
    assert after is None
    with pytest.raises(NotFound):
        service.get("other", offer_id)


def test_facts_survive_the_archive():
    facts = Facts(
        Incident(
            "late_delivery",
            delay_hours=Decimal("72.50"),
            remediable=frozenset({RemedyKind.REPAIR}),
            reported_at=NOW,
            attributes={
                "gate": "B7",
                "paid": True,
                "fee": Money(1299, "EUR"),
                "nights": (3, "x"),
                "bags": ({"worth": Money(1, "EUR")},),
            },
        ),
        Customer(
            "C-1",
            customer_since=date(2020, 1, 1),
            prefers=RemedyKind.GIFT,
            history=History((PastIncident("other", NOW),), soft_remedies_90d={RemedyKind.GIFT: 2}),
        ),
        NOW,
        Order("EUR", 10_000, lines=(OrderLine(500, 2, affected=True), OrderLine(1))),
    )
    assert archive.unpack(archive.pack(facts)) == facts


def test_a_default_stands_where_it_asks_nothing_of_the_customer(store, desk):
    """Credit can be given unasked; nothing is sent to a customer who did not say that they want it."""
    broken = Incident("defective_item", "ZD-2", grade="unusable", remediable=frozenset({RemedyKind.REPLACEMENT}))
    asked = late("ZD-2")
    replaceable = replace(asked, facts=replace(asked.facts, incident=broken))
    found = {}
    for request in (late("ZD-1"), replaceable):
        answered = document(make(store, desk, request)[0])
        default = next(option for option in answered["options"] if option["id"] == answered["default_option"])
        with store.reading(MERCHANT) as unit:
            offer = unit.offers.get(answered["id"]).offer
        assert offer.requested_by == KEY
        found[offer.default_stands] = [remedy["kind"] for remedy in default["remedies"]]
    assert found == {True: ["apology", "store_credit"], False: ["replacement", "personal_call", "payment"]}


def test_a_default_that_somebody_agreed_to_stands_as_one_that_nobody_had_to(store, desk):
    made = document(make(store, desk, late("ZD-1", hours=400))[0])
    assert made["status"] == OfferStatus.PENDING_APPROVAL
    with store.reading(MERCHANT) as unit:
        waiting = unit.offers.get(made["id"]).offer
    approved = replace(waiting, status=OfferStatus.OPEN)
    assert (waiting.runs_out_by(), approved.runs_out_by()) == (OfferAction.EXPIRE, OfferAction.ACCEPT)
