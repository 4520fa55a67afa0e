"""What the customer can choose between: bundles of equal cash worth, in a form that matches the loss."""

from datetime import date, datetime
from functools import cache

from compensation_service.decision.case import Case
from compensation_service.decision.entitlement import Owed
from compensation_service.decision.facts import RemedyKind
from compensation_service.decision.guards import Habits
from compensation_service.decision.money import cost_of, face_value
from compensation_service.decision.plan import Plan, plan_for
from compensation_service.decision.policy import Band, Choice, Form, KindTerms
from compensation_service.decision.reasons import Reason
from compensation_service.decision.record import record
from compensation_service.decision.times import day_of, end_of


@record
class Remedy:
    """One thing given. `value` is what it shows on its face and `cost` what it costs the merchant, in minor units."""

    kind: RemedyKind
    value: int | None
    cost: int
    valid_until: datetime | None


@record
class Option:
    """A bundle the customer can choose as a whole; `worth` is its cash worth in minor units.

    `goodwill_cost` is what the goodwill in it costs the merchant, in minor units, without what is owed in any case.
    """

    id: str
    remedies: tuple[Remedy, ...]
    worth: int
    goodwill_cost: int = 0

    @property
    def cost(self) -> int:
        """What the bundle costs the merchant, in minor units."""
        return sum([remedy.cost for remedy in self.remedies])

    @property
    def kinds(self) -> list[RemedyKind]:
        """The kinds of its remedies."""
        return [remedy.kind for remedy in self.remedies]


class Bundles(tuple[Option, ...]):
    """The options of an offer, as they are shown. What is made of them elsewhere can be remembered by them."""

    __slots__ = ()

    def __hash__(self) -> int:
        """Tell apart what usually differs; a hash of all that the options hold would cost more than it saves."""
        return hash((len(self), self[0].worth, self[-1].remedies[0].kind))


@record
class Menu:
    """The bundles as they are shown, the id of the default one, and the guards that changed the choice."""

    options: Bundles
    default: str
    guards: tuple[Reason, ...]


def build(case: Case, band: Band, goodwill: int, owed: Owed, habits: Habits) -> Menu:
    """Two or three options of equal worth in the bands that have a choice; in the others one, with nothing to choose.

    `goodwill` is in minor units and of equal worth in every option. What is owed stands in each of them; where it can
    be had in several ways, all are shown in every band: that choice is owed.
    """
    choice, day = case.policy.choice, day_of(case.facts.decided_at)
    plan = plan_for(case, band, goodwill, owed, habits)
    amounts = goodwill, owed.in_every_option, tuple(owed.ways.values()), day.toordinal()
    options = plan.bundles.get(amounts) or plan.bundles.keep(amounts, _bundled(plan, choice, goodwill, owed, day))
    small = options[0].worth < choice.refund_default_from * case.at_stake
    return Menu(options, plan.default_if_small if small else plan.default_if_large, plan.guards)


def _bundled(plan: Plan, choice: Choice, goodwill: int, owed: Owed, day: date) -> Bundles:
    """The options of a plan with their amounts; vouchers are valid to the end of a day, as that day is what is said."""
    ways, until = owed.ways, end_of(day + choice.voucher_stands)
    always = tuple([_priced(choice.kinds[kind], amount, until) for kind, amount in owed.in_every_option])
    remedies = {
        terms.kind: _priced(terms, ways[terms.kind] if terms.kind in ways else _worth(terms, goodwill), until)
        for terms in plan.kinds
    }
    worth = sum([remedy.value or 0 for remedy in always]) + goodwill
    options = []
    for name, template in plan.templates:
        held = (*always, *[remedies[kind] for kind in template])
        goodwill_cost = sum([remedies[kind].cost for kind in template if kind not in ways])
        options.append(Option(name, held, worth + (ways.get(template[0]) or 0), goodwill_cost))
    return Bundles(options)


def _worth(terms: KindTerms, goodwill: int) -> int | None:
    """What a remedy that carries the goodwill shows on its face; None for a kind that carries no money."""
    if not terms.factor or not goodwill:
        return None
    return goodwill if terms.form is Form.PUTS_RIGHT else face_value(goodwill, terms.factor)


def _priced(terms: KindTerms, value: int | None, until: datetime) -> Remedy:
    """A remedy of a face value; a voucher is valid until then."""
    if value is None:
        return _without_price(terms.kind)
    return Remedy(terms.kind, value, cost_of(value, terms.cost_ratio), until if terms.voucher else None)


@cache
def _without_price(kind: RemedyKind) -> Remedy:
    return Remedy(kind, None, 0, None)
