"""What the demonstration sends: requests for offers, believable, made up, and the same ones whenever they are made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from random import Random
from typing import Any, TypeAlias

import yaml

Json: TypeAlias = dict[str, Any]

COUNT = 300
CUSTOMERS = 210
"""Fewer than incidents: some customers have a history."""
SEED = 20

ORDERS_BEFORE = (0, 0, 0, 1, 1, 2, 3, 5, 8, 15, 40)
SILVER_FROM, GOLD_FROM, A_STATUS_FROM = 5, 15, 40
REPORTED_AFTER_HOURS = (1, 3, 8, 20, 30)
UNVERIFIED_SHARE = 0.03
CRITICAL_SHARE = 0.05
WITHOUT_ORDER_SHARE = 0.5
SHIPPING_SHARE = 0.05
OTHER_LINES = (0, 0, 1, 1, 2)
PREFERENCES = (None, None, None, "store_credit", "partial_refund", "replacement", "gift")


@dataclass(frozen=True, slots=True)
class Person:
    """A customer, and the shop where they buy."""

    shop: Mapping[str, Any]
    facts: Json

    @property
    def language(self) -> str:
        """The language of this customer: en, ru, bg or fa."""
        return str(self.shop["language"])[:2]


def cases(now: datetime) -> list[Json]:
    """Make bodies of `POST /offers`, the oldest incident first: the same ones, with times that count from `now`."""
    data = yaml.load(files(__package__).joinpath("shop.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    rng = Random(SEED)  # noqa: S311 - believable, not unguessable: the same seed gives the same shop
    now = now.replace(minute=0, second=0, microsecond=0)
    people = [_person(rng, number, data["shops"], now) for number in range(CUSTOMERS)]
    names = [name for name, trouble in data["troubles"].items() for _ in range(trouble["share"] * COUNT // 100)]
    rng.shuffle(names)
    made = [
        _case(rng, name, data, people[number] if number < CUSTOMERS else rng.choice(people), now)
        for number, name in enumerate(names)
    ]
    made.sort(key=lambda case: (case["incident"]["occurred_at"], case["customer"]["reference"]))
    for number, case in enumerate(made):
        case["incident"]["reference"] = f"DEMO-{number + 1:04}"
        if "order" in case:
            case["order"]["reference"] = f"A-{20_000 + number}"
    return made


def _person(rng: Random, number: int, shops: list[Json], now: datetime) -> Person:
    shop = shops[number % len(shops)]
    orders = rng.choice(ORDERS_BEFORE)
    facts = {
        "reference": f"C-{1000 + number}",
        "locale": shop["language"],
        "tier": _tier(orders),
        "orders_count": orders,
        "customer_since": (now - timedelta(days=30 + 90 * orders + rng.randrange(400))).date().isoformat(),
        "lifetime_value": int(orders * shop["reference_order"] * 0.8),
    }
    preference = rng.choice(PREFERENCES)
    return Person(shop, facts | ({"prefers": preference} if preference else {}))


def _tier(orders: int) -> str:
    if orders >= A_STATUS_FROM:
        return "a_status"
    return "gold" if orders >= GOLD_FROM else "silver" if orders >= SILVER_FROM else "standard"


def _case(rng: Random, name: str, data: Json, person: Person, now: datetime) -> Json:
    trouble, item = data["troubles"][name], rng.choice(data["items"])
    reported = now - timedelta(hours=rng.randrange(1, 60))
    noticed = reported - timedelta(hours=rng.choice(REPORTED_AFTER_HOURS))
    incident = {
        "category": name,
        "fault": rng.choice(trouble["faults"]),
        "verified": rng.random() > UNVERIFIED_SHARE,
        "critical_need": rng.random() < CRITICAL_SHARE,
        "summary": trouble["says"][person.language].format(item=item[person.language]),
        "occurred_at": _moment(noticed),
        "reported_at": _moment(reported),
    }
    if trouble.get("process") and rng.random() < WITHOUT_ORDER_SHARE:
        incident["currency"] = person.shop["currency"]
        order = None
    else:
        order = _order(rng, item, data["items"], person)
    incident |= _measured(rng, trouble)
    if order and "delays" in trouble:
        level, hours = _drawn(rng, trouble["delays"])
        promised = _moment(noticed - timedelta(hours=hours))
        incident |= {"service_level": level, "occurred_at": promised}
        order |= {"promised_at": promised, "delivered_at": _moment(noticed)}
        if person.shop["name"] == data["group"]["shop"]:
            incident |= {"group": data["group"]["reference"], "fault": "external"}
    return {"incident": incident, "customer": person.facts} | ({"order": order} if order else {})


def _measured(rng: Random, trouble: Json) -> Json:
    measured: Json = {}
    if "grades" in trouble:
        measured["grade"] = rng.choice(trouble["grades"])
    if "waits" in trouble:
        measured["channel"], measured["wait_minutes"] = _drawn(rng, trouble["waits"])
    if "remediable" in trouble:
        measured["remediable"] = trouble["remediable"]
    return measured


def _order(rng: Random, item: Json, items: list[Json], person: Person) -> Json:
    shop = person.shop
    lines = [_line(item, person) | {"affected": True}]
    lines += [_line(other, person) for other in rng.sample(items, rng.choice(OTHER_LINES)) if other is not item]
    shipping = _price(SHIPPING_SHARE, shop)
    return {
        "currency": shop["currency"],
        "total": shipping + sum(line["unit_price"] for line in lines),
        "shipping": shipping,
        "lines": lines,
        "country": shop["country"],
    }


def _line(item: Json, person: Person) -> Json:
    return {"name": item[person.language], "quantity": 1, "unit_price": _price(item["price"], person.shop)}


def _price(share: float, shop: Mapping[str, Any]) -> int:
    step: int = shop["step"]
    steps = round(float(shop["reference_order"] * share / step))
    return max(1, steps) * step


def _drawn(rng: Random, lists: Mapping[str, list[int]]) -> tuple[str, int]:
    """Draw a value with the name of its list; a longer list is drawn from more often."""
    return rng.choice([(name, value) for name, values in lists.items() for value in values])


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
