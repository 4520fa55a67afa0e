"""The requests that every benchmark sends: 0.8 kB, three lines, an incident of the day before.

The service answers it with three options and more than a dozen reasons, in about 4 kB.
"""

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

VARIANTS = 1000
"""How many different requests are sent in turn, so that nothing that is remembered from one to the next looks better
than it would be."""
MARK = "0000000000"
"""Ten digits that a stored offer replaces, so that every incident, order and customer is another one."""


def case() -> dict[str, Any]:
    """The body of `POST /offers` as a document; `MARK` stands where each request has its own number."""
    occurred = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    return {
        "incident": {
            "reference": f"ZD-{MARK}",
            "category": "late_delivery",
            "delay_hours": 72,
            "fault": "company",
            "occurred_at": occurred.isoformat(),
            "reported_at": (occurred + timedelta(hours=20)).isoformat(),
            "summary": "The parcel came three days after the promised day; the birthday was over.",
        },
        "order": {
            "reference": f"A-{MARK}",
            "currency": "EUR",
            "total": 12490,
            "shipping": 490,
            "lines": [
                {"reference": "SKU-7", "name": "Kettle, red", "quantity": 1, "unit_price": 6000, "affected": True},
                {"reference": "SKU-12", "name": "Tea glasses", "quantity": 2, "unit_price": 1500, "affected": True},
                {"reference": "SKU-40", "name": "Tray, oak", "quantity": 1, "unit_price": 3000, "affected": False},
            ],
            "country": "BG",
            "promised_at": (occurred - timedelta(days=3)).isoformat(),
        },
        "customer": {
            "reference": f"C-{MARK}",
            "locale": "en",
            "tier": "silver",
            "orders_count": 12,
            "customer_since": "2021-05-14",
            "lifetime_value": 84000,
        },
    }


def defect() -> bytes:
    """The same order, and what came is impaired: goods law is tried on it."""
    document = case()
    del document["incident"]["delay_hours"]
    document["incident"] |= {"category": "defective_item", "grade": "impaired"}
    document["order"]["delivered_at"] = document["incident"]["occurred_at"]
    return json.dumps(document, separators=(",", ":")).encode()


def body() -> bytes:
    """The case as it is sent."""
    return _written(case())


def bodies() -> list[bytes]:
    """VARIANTS of the case, always the same ones: each with a delay, prices and a customer's past of its own."""
    dice = Random(VARIANTS)
    return [_written(_varied(case(), dice)) for _ in range(VARIANTS)]


def _varied(case: dict[str, Any], dice: Random) -> dict[str, Any]:
    order, customer = case["order"], case["customer"]
    case["incident"]["delay_hours"] = dice.randrange(4, 240)
    for line in order["lines"]:
        line["unit_price"] = dice.randrange(500, 9000)
    order["total"] = order["shipping"] + sum(line["quantity"] * line["unit_price"] for line in order["lines"])
    customer["orders_count"] = dice.randrange(60)
    customer["lifetime_value"] = dice.randrange(200_000)
    customer["customer_since"] = f"20{dice.randrange(14, 26)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}"
    return case


def _written(case: dict[str, Any]) -> bytes:
    return json.dumps(case, separators=(",", ":")).encode()
