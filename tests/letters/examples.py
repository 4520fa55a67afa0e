"""One example of everything the decision can say, and of what a merchant's own policy may add.

`python tests/letters/examples.py` writes what is said today to tests/letters/said, for a reader to review.
"""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from compensation_service.decision.facts import Channel, Fault, RemedyKind, ServiceLevel
from compensation_service.decision.options import Remedy
from compensation_service.decision.policy import Band, Grades, Mode
from compensation_service.decision.reasons import Factor, Reason
from compensation_service.letters.explain import sentence
from compensation_service.letters.money import display
from compensation_service.letters.remedies import option_text, remedy_text
from compensation_service.policies.load import default_policy

SAID = Path(__file__).parent / "said"
UNTIL = datetime(2027, 5, 12, 9, 30, tzinfo=UTC)
CURRENCY = "EUR"


def _of_policy():
    for code, category in default_policy().categories.items():
        yield Factor(f"{code}.ceiling", {}, category.ceiling)
        if isinstance(category.magnitude, Grades):
            for grade, value in category.magnitude.values.items():
                yield Factor(f"{code}.{grade}", {}, value)


def _of_severity():
    for level in ServiceLevel:
        yield Factor("late_delivery.hours", {"hours": Decimal("72.00"), "service_level": level})
    for hours in ("0.00", "1.00", "36.50"):
        params = {"hours": Decimal(hours), "service_level": ServiceLevel.STANDARD}
        yield Factor("late_delivery.hours", params)
    for channel in Channel:
        yield Factor("support_wait.wait", {"minutes": Decimal(21), "target": 5, "channel": channel})
    yield Factor("not_received.always", {}, Decimal(1))
    yield Factor("critical_need", {}, Decimal("1.15"))
    yield Factor("repeats", {"weight": Decimal("1.5")}, Decimal("1.25"))


def _of_loyalty():
    for orders in (1, 3, 21):
        yield Factor("loyalty.orders", {"orders": orders})
    yield Factor("loyalty.lifetime_value")
    for tier in (*default_policy().loyalty.tiers, "platinum"):
        yield Factor("loyalty.tier", {"tier": tier})
    for years in (0, 1, 2, 5):
        yield Factor("loyalty.years", {"years": years})


def _of_goodwill():
    for mode in Mode:
        for band in Band:
            yield Factor("base", {"mode": mode, "band": band}, Decimal("0.14"))
        yield Factor("share_cap", {"mode": mode}, Decimal("0.40"))
    for fault in Fault:
        yield Factor("fault", {"fault": fault})
    for score in ("0", "0.46"):
        yield Factor("loyalty", {"score": Decimal(score)})
    for hours in (0, 1, 30):
        yield Factor("slowness", {"hours": hours})
    yield from (Factor("loyalty.group"), Factor("slowness.group"), Factor("slowness.unknown"))
    yield Factor("group_cap", {}, Decimal("0.20"))
    yield Factor("value", {"at_stake": 20000}, Decimal("19300.00"))
    yield Factor("value_cap", {}, Decimal("10000.0"))


def _of_limits():
    yield Factor("order_goodwill_cap", {"before": 5000}, Decimal(5000))
    yield Factor("total_cap", {"share": Decimal("1.20")}, Decimal(12000))
    yield from (Reason("fault_of_customer"), Reason("nothing_at_stake"), Reason("budget_exhausted"))
    yield Reason("below_threshold", {"starts_at": Decimal("0.10")})
    yield Reason("owed_anyway", {"compensatory": 2000})
    yield Reason("under_floor", {"floor": Decimal("300.0000")})
    for refunded in (0, 500):
        for shipping in (0, 499):
            yield Reason("restitution", {"refunded": refunded, "shipping": shipping})
    for code in ("scheme.owed", "scheme.choice", "scheme.needs"):
        yield Reason(code, {"title": "§"})
    yield Reason("scheme.given", {"title": "§", "given": 500})


def _of_guards():
    for kind in (RemedyKind.BONUS_POINTS, RemedyKind.GIFT):
        yield Reason("worn_out", {"kind": kind})
    yield Reason("voucher_too_late", {"hours": 72})
    yield Reason("unverified_not_received_person", {"most": 3})
    for code in ("apology_by_person", "claim_rate_person", "evidence_requested", "critical_repeats"):
        yield Reason(code)
    yield Reason("goodwill_above_automatic", {"most": Decimal("5000.0")})
    yield Reason("order_goodwill_above_automatic", {"most": Decimal("5000.0")})
    yield Reason("goodwill_12m", {"most": Decimal(20000)})
    for band in Band:
        yield Reason("band_needs_person", {"band": band})
    for grade in ("unsafe", "demeaning", "mouldy"):
        yield Reason("grade_needs_person", {"grade": grade})


REASONS = (*_of_policy(), *_of_severity(), *_of_loyalty(), *_of_goodwill(), *_of_limits(), *_of_guards())

OWN_REASONS = (
    Factor("frozen_food.ceiling"),
    Factor("frozen_food.hours", {"hours": Decimal("5.00"), "service_level": ServiceLevel.STANDARD}),
    Factor("frozen_food.wait", {"minutes": Decimal(30), "target": 10, "channel": Channel.CHAT}),
    Factor("frozen_food.always"),
    Factor("frozen_food.melted"),
    Factor("defective_item.scratched"),
    Factor("defective_item.hours"),
    Reason("house_rule"),
)
"""Codes that no catalogue knows; the last but one is a grade that looks like a measured delay."""

APOLOGY = Remedy(RemedyKind.APOLOGY, None, 0, None)
CALL = Remedy(RemedyKind.PERSONAL_CALL, None, 0, None)
OPTIONS = (
    (APOLOGY,),
    (CALL,),
    (APOLOGY, Remedy(RemedyKind.PARTIAL_REFUND, 1450, 1450, None)),
    (APOLOGY, CALL, Remedy(RemedyKind.STORE_CREDIT, 1668, 1168, UNTIL)),
    (Remedy(RemedyKind.FULL_REFUND, 10000, 10000, None), APOLOGY, Remedy(RemedyKind.PAYMENT, 1750, 1750, None)),
    (Remedy(RemedyKind.REPLACEMENT, 10000, 7000, None), APOLOGY, CALL, Remedy(RemedyKind.GIFT, 1750, 1050, None)),
)


def sentences(language):
    """Every sentence of a language, one a line."""
    for reason in (*REASONS, *OWN_REASONS):
        yield f"{reason.code}: {sentence(language, reason, CURRENCY)}"
    for kind in RemedyKind:
        yield f"{kind}: {remedy_text(language, kind, None, None)}"
        yield f"{kind}: {remedy_text(language, kind, display(1450, CURRENCY, language), UNTIL)}"
    for option in OPTIONS:
        yield " + ".join(remedy.kind for remedy in option) + f": {option_text(language, option, CURRENCY)}"


def said(language):
    return "\n".join(sentences(language)) + "\n"


if __name__ == "__main__":
    from compensation_service.letters.languages import LANGUAGES

    SAID.mkdir(exist_ok=True)
    for language in LANGUAGES:
        (SAID / f"{language}.txt").write_text(said(language), encoding="utf-8")
