"""Cases made up at random for letters: really decided, over categories, faults, modes, bands, locales and repeats."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import orjson

from compensation_service.decision.engine import decide
from compensation_service.decision.facts import (
    Channel,
    Customer,
    Facts,
    Fault,
    History,
    Incident,
    Order,
    OrderLine,
    PastIncident,
    RemedyKind,
    ServiceLevel,
)
from compensation_service.decision.policy import Basis, Grades
from compensation_service.domain.letter import LetterKind
from compensation_service.domain.offer import initial_status
from compensation_service.letters.languages import LANGUAGES
from compensation_service.letters.matter import Fix, Matter, Sender, without_apology
from compensation_service.policies.load import default_policy
from compensation_service.services import documents
from compensation_service.services.letter_matters import is_repeated, kind_of, terms_of, trouble_of

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
PUTS_RIGHT = [RemedyKind.REPLACEMENT, RemedyKind.REPAIR, RemedyKind.REDELIVERY, RemedyKind.CORRECTION]
NAMES = [
    None,
    "Мария",
    "Ana But",
    "فاطمه",
    "O’Neill & <b>Sons</b>",
    "{{7*7}}",
    "X Æ A-12",
    "Но",
    "No",
    "مریم رضایی",
    "7",
]
ORDERS = [None, "100234", "A/7-{0}", "№-15", "ب-۱۲"]
SENDERS = [
    Sender("Northern Kettles", "Anna Petrova", "help@north.example"),
    Sender("چای‌خانه", "نیلوفر", "+98 21 5555"),
    Sender("north-1"),
]
FIXES = {
    "en": Fix("CA-12", "parcels are now weighed twice before they leave."),
    "ru": Fix("CA-12", "посылки теперь взвешиваются дважды, прежде чем уехать."),
    "bg": Fix("CA-12", "пратките вече се претеглят два пъти, преди да тръгнат."),
    "fa": Fix("CA-12", "بسته‌ها حالا پیش از ارسال دو بار وزن می‌شوند."),
}
HOURS = ["0", "0.5", "12", "36", "48", "72", "100.25", "336"]
MINUTES = ["0.5", "1", "21", "45.5", "119", "240", "5000"]
CURRENCIES = {"EUR": 1, "RUB": 90, "IRR": 600_000, "JPY": 2, "KWD": 4, "USD": 1, "GBP": 1}


def facts(random: Random) -> Facts:
    """The facts of one case."""
    policy = default_policy()
    code = random.choice(list(policy.categories))
    category = policy.categories[code]
    currency = random.choice(list(CURRENCIES))
    total = random.choice([900, 4_900, 12_000, 60_000, 500_000]) * CURRENCIES[currency]
    shipping = random.choice([0, total // 20])
    delayed = code == "late_delivery"
    by_times = delayed and random.random() < 0.4
    waited = code == "support_wait"
    hours, minutes = random.choice(HOURS), random.choice(MINUTES)
    incident = Incident(
        category=code,
        grade=random.choice(list(category.magnitude.values)) if isinstance(category.magnitude, Grades) else None,
        delay_hours=Decimal(hours) if delayed and not by_times else None,
        service_level=random.choice(list(ServiceLevel)),
        channel=random.choice(list(Channel)) if waited else None,
        wait_minutes=Decimal(minutes) if waited else None,
        fault=random.choice(list(Fault)),
        critical_need=random.random() < 0.3,
        group="outage" if random.random() < 0.1 else None,
        remediable=frozenset(random.sample(PUTS_RIGHT, random.randint(0, 4))),
        occurred_at=NOW - timedelta(days=3),
        reported_at=NOW - timedelta(hours=random.choice([1, 30, 100])),
        currency=currency,
    )
    order = Order(
        currency,
        total,
        shipping,
        lines=(OrderLine(total - shipping),),
        promised_at=NOW - timedelta(hours=random.choice([-2, 5, 50, 200])) if by_times else None,
        delivered_at=NOW - timedelta(hours=1) if by_times and random.random() < 0.5 else None,
    )
    if category.basis is Basis.PROCESS and random.random() < 0.5:
        order = None
    return Facts(incident, _customer(random), NOW, order)


def _customer(random: Random) -> Customer:
    again = random.random() < 0.25
    past = PastIncident("late_delivery", NOW - timedelta(days=40), recovery_failed=random.random() < 0.5)
    history = History(
        incidents=(past,) * random.randint(0, 2) if again else (),
        apologies_90d=int(again),
        soft_remedies_90d={RemedyKind.BONUS_POINTS: 2} if again else {},
    )
    prefers = random.choice([None, None, *RemedyKind])
    return Customer("C", orders_count=random.choice([0, 3, 40]), prefers=prefers, history=history)


def matter(random: Random, language: str, kind: LetterKind | None = None) -> Matter:
    """The matter of one letter: that of an offer, or one of another kind."""
    case = facts(random)
    policy = default_policy()
    decision = decide(case, policy)
    document = orjson.loads(documents.dump(documents.of_decision(decision, initial_status(decision), None, language)))
    if document["approval"] is not None:
        document["status"] = "open"  # as it is once somebody agreed
    default = next(option for option in decision.options if option.id == decision.default_option)
    stands = not any(policy.choice.kinds[each].asks_customer for each in default.kinds)
    of_offer = kind_of(document, case.incident.fault)
    kind = kind or of_offer
    terms = terms_of(document, stands=stands)
    kinds_with_terms = {of_offer, LetterKind.ACCEPTANCE_RECEIPT}
    dated = {LetterKind.ACKNOWLEDGEMENT, LetterKind.APPROVAL_DELAY, LetterKind.ACCEPTANCE_RECEIPT}
    fixed = kind is LetterKind.WHAT_WE_CHANGED or (kind is LetterKind.APOLOGY and random.random() < 0.3)
    if kind is LetterKind.ACCEPTANCE_RECEIPT:
        if not without_apology(terms.options[terms.default]):
            return matter(random, language, kind)
        terms = replace(terms, open=False)
    return Matter(
        kind=kind,
        language=language,
        trouble=trouble_of(case),
        sender=random.choice(SENDERS),
        written_on=NOW.date(),
        terms=terms if kind in kinds_with_terms else None,
        name=random.choice(NAMES),
        order=random.choice(ORDERS),
        repeated=kind is LetterKind.APOLOGY and is_repeated(document),
        by=NOW.date() + timedelta(days=2) if kind in dated else None,
        fix=FIXES[language] if fixed else None,
        link=random.choice([None, "https://offers.example/o/3KqZ-7_x"]),
    )


def matters(number: int, seed: int = 0):
    """So many matters: the letters of offers mostly, in all languages, and the others among them."""
    random = Random(seed)
    others = [kind for kind in LetterKind if kind not in {LetterKind.APOLOGY, LetterKind.INFORMATION}]
    for place in range(number):
        kind = random.choice(others) if place % 5 == 4 else None
        yield matter(random, LANGUAGES[place % 4], kind)
