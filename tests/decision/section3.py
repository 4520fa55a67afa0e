"""A second, independent reading of how goodwill is computed, for comparing.

It shares nothing with the service: no import of it, all numbers written again, all arithmetic in fractions. A request
is the JSON body of `POST /offers/preview`. `random_request(rng)` makes one; `expected(request)` says what must be
answered, or None where the request must be refused. To compare over HTTP: post the one and hold `severity.score`,
`severity.band`, `mode`, `goodwill.percent` and `goodwill.exact` against the other.
"""

from datetime import UTC, datetime, timedelta
from fractions import Fraction as F  # noqa: N817 - a page of them
from itertools import pairwise

V = {"EUR": 10000, "USD": 11000, "GBP": 8500, "RUB": 900000, "IRR": 6000000000, "JPY": 16000, "KWD": 34000}
CATEGORIES = {  # ceiling, grades, basis, p_max, p_cap, grades that are rejected
    "late_delivery": ("0.85", None, "affected", "0.30", "0.40", ()),
    "not_received": ("1", None, "affected", "0.30", "0.40", ()),
    "defective_item": (
        "0.90", {"cosmetic": "0.25", "impaired": "0.55", "unusable": "0.90", "unsafe": "1"}, "affected", "0.50", "0.60",
        ("unusable", "unsafe"),
    ),
    "not_as_described": (
        "0.90", {"minor": "0.30", "partly": "0.60", "wholly": "1"}, "affected", "0.50", "0.60", ("wholly",),
    ),
    "wrong_item": (
        "0.85", {"variant": "0.35", "missing_part": "0.50", "wrong_model": "0.70", "different_item": "1"}, "affected",
        "0.45", "0.60", ("different_item",),
    ),
    "cannot_supply": (
        "0.70", {"substitute": "0.30", "postponed": "0.60", "cancelled": "1"}, "affected", "0.30", "0.40",
        ("cancelled",),
    ),
    "technical_failure": (
        "0.65", {"cosmetic": "0.15", "degraded": "0.40", "blocked": "0.75", "wrong_charge_or_data_loss": "1"},
        "process", "0.25", "0.35", (),
    ),
    "poor_service": (
        "0.60", {"unhelpful": "0.30", "wrong_information": "0.55", "rude": "0.75", "demeaning": "1"}, "process",
        "0.20", "0.30", (),
    ),
    "support_wait": ("0.45", None, "process", "0.15", "0.25", ()),
    "other": (
        "0.60", {"minor": "0.25", "moderate": "0.50", "major": "0.75", "severe": "1"}, "affected", "0.25", "0.35", (),
    ),
}  # fmt: skip
DELAY = "0 0 12 .04 24 .10 36 .17 48 .25 60 .345 72 .44 96 .63 120 .79 144 .885 168 .94 240 .985 336 1"
SPEED = {"standard": 1, "express": 3, "same_day": 12, "time_slot": 72}
WAIT = "1 0 2 .28 3 .49 4 .63 6 .81 10 .95 16 1"
TARGET = {"phone": 5, "chat": 2, "social": 240, "email": 1440}
AGE = "0 1 45 .5 90 .25 135 .125 180 0"
DAMP = "0 0 1.5 1.5 2 1.93 3 2.54 5 3.31 10 4.35 20 5.39 50 6.76 100 7.8"
RISE = "0 0 .1 .179 .2 .334 .3 .467 .4 .581 .5 .679 .6 .764 .7 .837 .8 .900 .9 .953 1 1"
ORDERS = "0 0 1 .22 2 .36 3 .46 5 .59 10 .74 20 .85 50 .93 100 1"
YEARS = "0 0 1 .2 3 .5 10 1"
LIFETIME = "0 0 5 .3 20 .7 100 1"
SLOW = "24 1 168 1.25"
FAULT = {"company": "1", "partner": ".85", "unknown": ".80", "shared": ".60", "external": ".25", "customer": "0"}
TIER = {"standard": "0", "silver": ".3", "gold": ".6", "a_status": "1"}
BANDS = (("critical", ".75"), ("high", ".50"), ("moderate", ".25"), ("low", ".10"), ("trivial", "0"))


def six(x):
    """Python rounds a fraction half to even."""
    return F(round(x * 10**6), 10**6)


def curve(text, x):
    numbers = [F(word) for word in text.split()]
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return six(y0 + (y1 - y0) * (x - x0) / (x1 - x0))
    return points[-1][1]


def moment(text):
    if len(text) == 10:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    return datetime.fromisoformat(text)


def microseconds(earlier, later):
    return F((later - earlier) // timedelta(microseconds=1))


def hours(earlier, later):
    return microseconds(earlier, later) / (3600 * 10**6)


def expected(request):  # noqa: C901 - one reading from top to bottom, as the design is written
    incident, order, customer = request["incident"], request.get("order"), request.get("customer", {})
    now = moment(request["decided_at"])
    category = incident["category"]
    if category not in CATEGORIES:
        return None
    ceiling, grades, basis, p_max, p_cap, rejected_grades = CATEGORIES[category]
    reported = moment(incident["reported_at"]) if incident.get("reported_at") else None
    if reported and now < reported:
        return None

    # the value at stake
    if order is None and (basis == "affected" or "currency" not in incident):
        return None
    currency = order["currency"] if order else incident["currency"]
    if currency not in V:
        return None
    v = V[currency]
    if basis == "process":
        at_stake = F(v, 2) if order is None else F(min(order["total"], v))
    else:
        lines = order.get("lines", [])
        marked = [line for line in lines if line.get("affected")]
        at_stake = F(sum(line["unit_price"] * line.get("quantity", 1) for line in marked or lines))
        if not lines:
            at_stake = F(order["total"] - order.get("shipping", 0))

    # the mode
    disposition = incident.get("disposition")
    if basis == "process" and disposition in ("rejected", "not_received"):
        return None
    if category == "not_received" and disposition == "kept":
        return None
    if disposition:
        mode = "kept" if disposition == "kept" else "rejected"
    else:
        mode = "rejected" if category == "not_received" or incident.get("grade") in rejected_grades else "kept"

    # the magnitude
    if category == "late_delivery":
        if "delay_hours" in incident:
            late = F(incident["delay_hours"])
        elif order.get("promised_at"):
            late = hours(moment(order["promised_at"]), moment(order.get("delivered_at") or request["decided_at"]))
        else:
            return None
        m = curve(DELAY, max(late, F(0)) * SPEED[incident.get("service_level", "standard")])
    elif category == "not_received":
        m = F(1)
    elif category == "support_wait":
        if "channel" not in incident or "wait_minutes" not in incident:
            return None
        m = curve(WAIT, F(incident["wait_minutes"]) / TARGET[incident["channel"]])
    else:
        if incident.get("grade") not in grades:
            return None
        m = F(grades[incident["grade"]])

    # severity
    group = "group" in incident
    s = F(ceiling) * m
    if incident.get("critical_need") and not group:
        s += F("0.3") * s * (1 - s)
    r = F(0)
    if not group:
        happened = moment(incident.get("occurred_at") or incident.get("reported_at") or request["decided_at"])
        seen, failed = set(), False
        for past in customer.get("history", {}).get("incidents", []):
            if "reference" in past and past["reference"] in seen:
                continue
            seen.add(past.get("reference"))
            age = microseconds(moment(past["occurred_at"]), happened) / (24 * 3600 * 10**6)
            if age < 0 or age >= 180:
                continue
            failed = failed or past.get("recovery_failed", False)
            if past.get("verified", True) and past.get("fault", "unknown") != "customer":
                r += curve(AGE, age) * (F("1.5") if past["category"] == category else 1)
        r = min(r + (1 if failed else 0), F(3))
    s = six(s + s * (1 - s) * r / 3)
    band = next(name for name, begins in BANDS if s >= F(begins))

    # loyalty
    orders = curve(ORDERS, F(customer.get("orders_count", 0)))
    lifetime = curve(LIFETIME, F(customer.get("lifetime_value", 0), v))
    years = F(0)
    if customer.get("customer_since"):
        seconds = microseconds(moment(customer["customer_since"]), now) // 10**6
        years = curve(YEARS, F(seconds) / F("31557600"))
    loyalty = 1 + F("0.2") * max(orders, lifetime, years, F(TIER[customer.get("tier", "standard")]))
    slow = curve(SLOW, hours(reported, now)) if reported else F(1)
    if group:
        loyalty = slow = F(1)

    # the amount
    if mode == "kept":
        p, cap = F(p_max) * curve(RISE, (s - F("0.1")) / F("0.9")), F(p_cap)
    else:
        p, cap = F("0.05") + F("0.15") * s, F("0.20")
    if group:
        cap = min(cap, F("0.20"))
    p = min(p * F(FAULT[incident.get("fault", "unknown")]) * loyalty * slow, cap)
    exact = min(v * curve(DAMP, at_stake / v) * p, F(v))
    return {"score": s, "band": band, "mode": mode, "percent": p, "exact": exact}


def random_request(rng):
    """A body of POST /offers/preview: any category, all edges, now and then one that must be refused."""
    now = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(microseconds=rng.randrange(10**13))
    currency = rng.choice(list(V))
    incident = _incident(rng, now, currency)
    request = {"incident": incident, "decided_at": _text(rng, now), "customer": _customer(rng, now, V[currency])}
    process = incident["category"] in ("technical_failure", "poor_service", "support_wait")
    if rng.random() < (0.6 if process else 0.98):
        request["order"] = _order(rng, now, currency, incident)
    elif rng.random() < 0.95:
        incident["currency"] = currency
    if incident["category"] == "late_delivery" and rng.random() < 0.6:
        _late(rng, incident)
    return request


def _text(rng, time):
    """A moment in one of the notations of RFC 3339."""
    if rng.random() < 0.5:
        return time.isoformat().replace("+00:00", "Z")
    offset = timedelta(minutes=rng.choice([-210, 60, 120, 180, 210, 345]))
    return (time + offset).replace(tzinfo=None).isoformat() + _offset(offset)


def _offset(offset):
    minutes = int(offset.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _some(rng, share, value):
    return value if rng.random() < share else None


def _without_none(**fields):
    return {name: value for name, value in fields.items() if value is not None}


def _decimal(rng, most):
    """A whole number or a decimal string."""
    number = rng.choice([rng.randrange(most + 1), rng.randrange(most * 10**3) / F(10**3)])
    return number if isinstance(number, int) else f"{number.numerator * 1000 // number.denominator / 1000:.3f}"


def _age(rng):
    """How long ago, with a liking for edges."""
    edge = rng.choice([0, 24, 72, 168, 24 * 45, 24 * 90, 24 * 135, 24 * 180, 24 * 365])
    near = timedelta(hours=edge) + timedelta(microseconds=rng.choice([-1, 0, 1, 10**6, -(10**6)]))
    return rng.choice([near, timedelta(microseconds=rng.randrange(200 * 24 * 3600 * 10**6))])


def _incident(rng, now, currency):
    category = rng.choice(list(CATEGORIES))
    grades = CATEGORIES[category][1]
    waiting = category == "support_wait"
    grade = rng.choice(list(grades)) if grades and rng.random() < 0.97 else None
    process = CATEGORIES[category][2] == "process"
    dispositions = ["kept"] if process or rng.random() < 0.3 else ["kept", "rejected", "not_received"]
    if rng.random() < 0.03:
        dispositions = ["rejected", "not_received"]
    if category == "not_received" and rng.random() < 0.9:
        dispositions = ["rejected", "not_received"]
    reported = _some(rng, 0.6, now - _age(rng) + (timedelta(days=1) if rng.random() < 0.03 else timedelta()))
    occurred = _some(rng, 0.5, now - _age(rng))
    return _without_none(
        category=category,
        reference=_some(rng, 0.3, f"I-{rng.randrange(10**6)}"),
        grade=grade,
        channel=rng.choice(list(TARGET)) if waiting and rng.random() < 0.97 else None,
        wait_minutes=_decimal(rng, rng.choice([10, 100, 3000, 30000])) if waiting and rng.random() < 0.97 else None,
        fault=_some(rng, 0.8, rng.choice(list(FAULT))),
        disposition=_some(rng, 0.25, rng.choice(dispositions)),
        critical_need=_some(rng, 0.4, rng.random() < 0.7),
        verified=_some(rng, 0.3, rng.random() < 0.5),
        group=_some(rng, 0.12, "G-1"),
        reported_at=_text(rng, reported) if reported else None,
        occurred_at=_text(rng, occurred) if occurred else None,
        remediable=_some(rng, 0.3, rng.sample(["replacement", "repair", "redelivery", "correction"], rng.randrange(5))),
        currency=_some(rng, 0.1, currency),
    )


def _late(rng, incident):
    incident["delay_hours"] = _decimal(rng, rng.choice([5, 30, 100, 400]))
    if rng.random() < 0.1:
        incident["delay_hours"] = rng.choice([-5, "-0.5", 0, 12, 24, "36.000", 336, 337])


def _order(rng, now, currency, incident):
    v = V[currency]
    scale = rng.choice([v, v // 20, 3 * v, 15 * v, 60 * v, 200 * v])
    lines = [
        _without_none(
            unit_price=rng.choice([rng.randrange(scale + 1), scale]),
            quantity=_some(rng, 0.5, rng.randrange(1, 4)),
            affected=_some(rng, 0.6, rng.random() < 0.5),
        )
        for _ in range(rng.choice([0, 0, 1, 1, 2, 5]))
    ]
    goods = sum(line["unit_price"] * line.get("quantity", 1) for line in lines) or rng.randrange(scale + 1)
    shipping = rng.choice([0, 0, v // 20])
    order = _without_none(
        currency=currency, total=goods + shipping, shipping=shipping or None, lines=lines or None,
        refunded=_some(rng, 0.15, rng.randrange(goods + 1)),
    )  # fmt: skip
    if incident["category"] == "late_delivery":
        incident.update(_without_none(service_level=_some(rng, 0.5, rng.choice(list(SPEED)))))
        promised = now - timedelta(microseconds=rng.randrange(-(10**11), 16 * 24 * 3600 * 10**6))
        if rng.random() < 0.97:
            order["promised_at"] = _text(rng, promised)
            arrived = promised + timedelta(microseconds=rng.randrange(-(10**10), 15 * 24 * 3600 * 10**6))
            order.update(_without_none(delivered_at=_some(rng, 0.6, _text(rng, arrived))))
    return order


def _customer(rng, now, v):
    since = now - timedelta(seconds=rng.choice([0, 10**6, 31557600, 3 * 31557600, rng.randrange(4 * 10**8)]))
    since -= timedelta(microseconds=rng.choice([0, 0, 1, 999999]))
    history = [_past(rng, now) for _ in range(rng.choice([0, 0, 1, 2, 5]))]
    history += [dict(past) for past in history if "reference" in past and rng.random() < 0.3]
    return _without_none(
        reference="C-1",
        tier=_some(rng, 0.4, rng.choice(list(TIER))),
        orders_count=_some(rng, 0.6, rng.choice([0, 1, 2, 4, 7, 15, 30, 75, 100, 500])),
        customer_since=_some(rng, 0.5, rng.choice([since.date().isoformat(), _text(rng, since)])),
        lifetime_value=_some(rng, 0.4, rng.randrange(rng.choice([v, 10 * v, 130 * v]))),
        prefers=_some(rng, 0.3, rng.choice(["partial_refund", "store_credit", "gift", "replacement"])),
        history=_some(rng, 0.9, {"incidents": history}) if history else None,
    )


def _past(rng, now):
    return _without_none(
        reference=_some(rng, 0.5, f"P-{rng.randrange(10**6)}"),
        category=rng.choice(list(CATEGORIES)),
        occurred_at=_text(rng, now - _age(rng) + rng.choice([timedelta(), timedelta(days=3)])),
        verified=_some(rng, 0.4, rng.random() < 0.6),
        fault=_some(rng, 0.4, rng.choice(list(FAULT))),
        recovery_failed=_some(rng, 0.3, rng.random() < 0.5),
    )
