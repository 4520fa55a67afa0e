"""The bounds of every field of a request, and the facts it becomes."""

import json
from copy import deepcopy
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from compensation_service.api.offer_request import EXAMPLE, OfferBody, PreviewBody
from compensation_service.decision.facts import Channel, Fault, RemedyKind
from compensation_service.decision.money import Money

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


def changed(pointer, value):
    body = deepcopy(EXAMPLE)
    *path, name = pointer.strip("/").split("/")
    place = body
    for step in path:
        place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
    if isinstance(place, list):
        place[int(name)] = value
    else:
        place[name] = value
    return body


LINE = {"unit_price": 100}
REFUSED = [
    ("/order/total", "100"),
    ("/order/total", 100.0),
    ("/order/total", True),
    ("/order/total", -1),
    ("/order/total", 10**12 + 1),
    ("/order/total", 2**63),
    ("/order/total", None),
    ("/order/total", "1_000"),
    ("/order/refunded", 10**12 + 1),
    ("/order/currency", "eur"),
    ("/order/currency", "EURO"),
    ("/order/currency", "ЕUR"),
    ("/order/country", "de"),
    ("/order/lines", {}),
    ("/order/lines", [LINE] * 201),
    ("/order/lines/0/quantity", 0),
    ("/order/lines/0/quantity", 1.5),
    ("/order/lines/0/quantity", 10**6 + 1),
    ("/order/lines/0/affected", "true"),
    ("/order/lines/0/affected", 1),
    ("/order/lines/0/unit_price", None),
    ("/order/placed_at", "2026-03-05"),
    ("/order/placed_at", "2026-03-05T10:00:00"),
    ("/order/placed_at", "2026-03-05 10:00:00Z"),
    ("/order/placed_at", "2026-03-05T10:00Z"),
    ("/order/placed_at", "1767225600"),
    ("/order/placed_at", 1767225600),
    ("/order/placed_at", "2026-02-30T10:00:00Z"),
    ("/order/placed_at", "2026-03-05T24:00:00Z"),
    ("/order/placed_at", "2026-03-05T10:00:60Z"),
    ("/order/placed_at", "2026-03-05T10:00:00+24:00"),
    ("/order/placed_at", "1899-12-31T23:59:59Z"),
    ("/order/placed_at", "2200-01-01T00:00:00Z"),
    ("/order/placed_at", "٢٠٢٦-03-05T10:00:00Z"),
    ("/order/placed_at", "2026-W10-4T10:00:00Z"),
    ("/incident/category", ""),
    ("/incident/category", "Late delivery"),
    ("/incident/delay_hours", 1.5),
    ("/incident/delay_hours", True),
    ("/incident/delay_hours", "1e3"),
    ("/incident/delay_hours", " 12 "),
    ("/incident/delay_hours", "1_000"),
    ("/incident/delay_hours", "١٢"),
    ("/incident/delay_hours", "012"),
    ("/incident/delay_hours", "NaN"),
    ("/incident/delay_hours", 10**7),
    ("/incident/wait_minutes", -1),
    ("/incident/wait_minutes", "-0.5"),
    ("/incident/fault", "Company"),
    ("/incident/channel", 3),
    ("/incident/disposition", "lost"),
    ("/incident/service_level", None),
    ("/incident/verified", "yes"),
    ("/incident/verified", None),
    ("/incident/reference", ""),
    ("/incident/reference", "a b"),
    ("/incident/reference", "a\u200bb"),
    ("/incident/reference", "a\u00a0b"),
    ("/incident/reference", "cafe\u0301"),
    ("/incident/reference", "x" * 129),
    ("/incident/reference", 7),
    ("/incident/remediable", ["replacement", "refund"]),
    ("/incident/remediable", "replacement"),
    ("/incident/summary", ""),
    ("/incident/summary", "x" * 2001),
    ("/incident/attributes", {"Bad Name": 1}),
    ("/incident/attributes", {"speed": 1.5}),
    ("/incident/attributes", {"nested": {"deeper": 1}}),
    ("/incident/attributes", {"fee": {"amount": 1.5, "currency": "EUR"}}),
    ("/incident/attributes", {f"a{n}": 1 for n in range(101)}),
    ("/incident/decided_at", "2026-03-05T10:00:00Z"),
    ("/incident/amount_final", 100),
    ("/order/status", "accepted"),
    ("/customer/merchant_id", "south"),
    ("/status", "accepted"),
    ("/approved_by", "me"),
    ("/decided_at", "2026-03-05T10:00:00Z"),
    ("/customer/reference", None),
    ("/customer/tier", "Gold!"),
    ("/customer/orders_count", -1),
    ("/customer/prefers", "cash"),
    ("/customer/kind", "person"),
    ("/customer/email", "nobody"),
    ("/customer/email", "a@b@c"),
    ("/customer/name", "x" * 201),
    ("/customer/locale", "bulgarian"),
    ("/customer/customer_since", "2020"),
    ("/customer/customer_since", 1577836800),
    ("/customer/history/incidents", [{"category": "other"}]),
    ("/customer/history/incidents", [{"category": "other", "occurred_at": "2026-01-01T00:00:00Z"}] * 501),
    ("/customer/history/soft_remedies_90d", {"cash": 1}),
    ("/customer/history/apologies_90d", "1"),
]


@pytest.mark.parametrize(("pointer", "value"), REFUSED)
def test_refused_with_its_place(web, pointer, value):
    answer = web.post("/offers", changed(pointer, value))
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"
    assert any(error["pointer"].startswith(pointer) for error in answer.json()["errors"]), answer.json()


def test_shipping_is_part_of_the_total(web):
    answer = web.post("/offers/preview", changed("/order/shipping", 10_491))
    assert answer.json()["errors"][0] | {"detail": ""} == {
        "pointer": "/order",
        "code": "shipping_above_total",
        "detail": "",
    }


def test_lines_together_are_bounded(web):
    answer = web.post("/offers/preview", changed("/order/lines", [{"unit_price": 10**12, "quantity": 2}]))
    assert answer.json()["errors"][0]["code"] == "lines_too_large"


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/order/placed_at", "2026-03-05t10:00:00.123456789z"),
        ("/order/placed_at", "1900-01-01T00:00:00-23:59"),
        ("/incident/delay_hours", -5),
        ("/incident/delay_hours", "-5.25"),
        ("/incident/reference", "№12/ж-7"),
        ("/incident/summary", "one\ntwo\r\n\tthree"),
        ("/incident/grade", None),
        ("/customer/email", "someone@example.org"),
        ("/customer/locale", "fa_IR"),
        ("/customer/history/soft_remedies_90d", {"gift": 1}),
        ("/order/lines", []),
    ],
)
def test_accepted(web, pointer, value):
    assert web.post("/offers/preview", changed(pointer, value)).status_code == 200


def test_a_preview_needs_no_customer(web):
    body = {"incident": EXAMPLE["incident"], "order": EXAMPLE["order"]}
    assert web.post("/offers/preview", body).status_code == 200
    assert web.post("/offers", body).json()["errors"][0]["pointer"] == "/customer"


def test_facts_hold_what_was_said():
    body = deepcopy(EXAMPLE)
    body["incident"] |= {
        "delay_hours": "36.5",
        "channel": "chat",
        "wait_minutes": 3,
        "remediable": ["repair"],
        "attributes": {"fee": {"amount": 100, "currency": "EUR"}, "days": [1, 2], "late": True},
    }
    body["customer"] |= {
        "prefers": "gift",
        "history": {
            "incidents": [{"category": "other", "occurred_at": "2026-01-01T02:00:00+02:00"}],
            "apologies_90d": 1,
        },
    }
    facts = OfferBody.model_validate(body).to_facts(NOW)
    assert facts.decided_at == NOW
    assert facts.incident.delay_hours == Decimal("36.5")
    assert (facts.incident.channel, facts.incident.wait_minutes) == (Channel.CHAT, Decimal(3))
    assert facts.incident.fault is Fault.COMPANY
    assert facts.incident.remediable == {RemedyKind.REPAIR}
    assert facts.incident.attributes == {"fee": Money(100, "EUR"), "days": (1, 2), "late": True}
    assert facts.incident.reported_at == datetime(2026, 3, 5, 7, 30, tzinfo=UTC)
    assert (facts.order.total, facts.order.lines[0].affected) == (10490, True)
    assert (facts.customer.customer_since, facts.customer.prefers) == (date(2023, 5, 14), RemedyKind.GIFT)
    assert facts.customer.history.incidents[0].occurred_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert facts.customer.history.apologies_90d == 1


def test_a_preview_may_ask_about_another_time():
    body = PreviewBody.model_validate({**EXAMPLE, "decided_at": "2026-03-06T00:00:00Z"})
    assert body.to_facts(NOW).decided_at == datetime(2026, 3, 6, tzinfo=UTC)
    assert PreviewBody.model_validate(EXAMPLE).to_facts(NOW).decided_at == NOW


@pytest.mark.parametrize("model", [PreviewBody, OfferBody])
def test_there_is_no_place_for_a_fraction(model):
    """The hot routes rely on it: a number that the gate would refuse fits none of these models."""
    assert '"number"' not in json.dumps(model.model_json_schema())
