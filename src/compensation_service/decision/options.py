"""What the customer can choose between: bundles of equal cash worth, in a form that matches the loss."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain

from compensation_service.decision.case import Case
from compensation_service.decision.entitlement import Owed
from compensation_service.decision.facts import Fault, RemedyKind
from compensation_service.decision.guards import Habits
from compensation_service.decision.money import cost_of, face_value
from compensation_service.decision.policy import Band, Form, Mode, Template
from compensation_service.decision.reasons import Reason
from compensation_service.decision.record import record


@record
class Remedy:
    """One thing given. `value` is what it shows on its face and `cost` what it costs the merchant, in minor units."""

    kind: RemedyKind
    value: int | None
    cost: int
    valid_until: datetime | None


@record
class Option:
    """A bundle the customer can choose as a whole; `worth` is its cash worth in minor units."""

    id: str
    remedies: tuple[Remedy, ...]
    worth: int

    @property
    def cost(self) -> int:
        """What the bundle costs the merchant, in minor units."""
        return sum([remedy.cost for remedy in self.remedies])

    @property
    def kinds(self) -> list[RemedyKind]:
        """The kinds of its remedies."""
        return [remedy.kind for remedy in self.remedies]


@record
class Menu:
    """The bundles as they are shown, the id of the default one, and the guards that changed the choice."""

    options: tuple[Option, ...]
    default: str
    guards: tuple[Reason, ...]


def build(case: Case, band: Band, goodwill: int, owed: Owed, habits: Habits) -> Menu:
    """Two or three options of equal worth in the bands that have a choice; in the others one, with nothing to choose.

    `goodwill` is in minor units and of equal worth in every option. What is owed stands in each of them; where it can
    be had in several ways, all are shown in every band: that choice is owed.
    """
    composer = _Composer(case, goodwill, owed, habits)
    most = case.policy.choice.options_most if band in case.policy.choice.bands_with_choice else 1
    chosen = composer.choose(composer.templates(band), max(most, len(owed.ways)))
    options = tuple(composer.option(f"opt_{n}", template) for n, template in enumerate(chosen, 1))
    return Menu(options, composer.default(options).id, tuple(composer.guards.values()))


class _Composer:
    """Turns the templates of a category's menu into the options of one case."""

    def __init__(self, case: Case, goodwill: int, owed: Owed, habits: Habits) -> None:
        order = case.facts.order
        self.case = case
        self.kinds = case.policy.choice.kinds
        self.goodwill = goodwill
        self.habits = habits
        self.ways = owed.ways
        self.in_every_option = tuple([self._costed(kind, amount) for kind, amount in owed.in_every_option])
        self.can_refund = order is not None and goodwill <= order.total - order.refunded - owed.money_back
        self.guards: dict[str, Reason] = {}
        self.remedies: dict[RemedyKind, Remedy] = {}

    def templates(self, band: Band) -> list[Template]:
        """What fits the loss, each way to what is owed first with the first of it, the last way with all of it."""
        menu = self.case.category.menu
        extras = [self.case.policy.choice.help]
        if self.case.facts.incident.fault is not Fault.CUSTOMER:
            source = menu.rejected if self.case.mode is Mode.REJECTED else menu.kept[band]
            extras = self._allowed(source) or [menu.without_money]
        if not self.ways:
            return extras
        *ways, last = self.ways
        return [(way, *extras[0]) for way in ways] + [(last, *extra) for extra in extras]

    def _allowed(self, templates: Sequence[Template]) -> list[Template]:
        kinds = dict.fromkeys(chain.from_iterable(templates))
        ruled_out = {kind for kind in kinds if self._rules_out(kind)}
        return [template for template in templates if ruled_out.isdisjoint(template)]

    def _rules_out(self, kind: RemedyKind) -> bool:
        """Whether this kind cannot be given here, or would do harm; a guard that decides so is noted."""
        terms = self.kinds[kind]
        if kind in self.ways:
            return True
        if terms.form is Form.PUTS_RIGHT:
            return bool(self.ways) or kind not in self.case.facts.incident.remediable
        if terms.factor and not self.goodwill:
            return True
        if kind is RemedyKind.PARTIAL_REFUND:
            return not self.can_refund
        if kind is RemedyKind.PAYMENT:
            return self.can_refund and self.case.mode is Mode.KEPT and RemedyKind.PARTIAL_REFUND not in self.ways
        if terms.voucher and self.habits.too_late_for_vouchers:
            hours = self.case.policy.choice.no_voucher_after_hours
            self.guards["voucher_too_late"] = Reason("voucher_too_late", {"hours": hours})
            return True
        if kind in self.habits.worn_out:
            self.guards[f"worn_out.{kind}"] = Reason("worn_out", {"kind": kind})
            return True
        return False

    def choose(self, templates: Sequence[Template], most: int) -> list[Template]:
        """At most so many: one in money, one in kind and the preferred one if there are such, then the first others."""
        choice, prefers = self.case.policy.choice, self.case.facts.customer.prefers
        wishes = [frozenset({way}) for way in self.ways]
        if most > 1:
            wishes += [choice.in_money, choice.in_kind]
        if prefers:
            wishes.append(frozenset({prefers}))
        needed = [next((template for template in templates if not wish.isdisjoint(template)), None) for wish in wishes]
        kept = list(dict.fromkeys([*filter(None, needed), *templates]))[:most]
        return [template for template in templates if template in kept]

    def option(self, name: str, template: Template) -> Option:
        """Put figures on a template."""
        if self.habits.apology_worn_out and RemedyKind.APOLOGY in template:
            person = self.case.policy.guards.apology_by_person
            self.guards["apology_by_person"] = Reason("apology_by_person")
            template = tuple(dict.fromkeys(person if kind is RemedyKind.APOLOGY else kind for kind in template))
        remedies = (*self.in_every_option, *(self._remedy(kind) for kind in template))
        owed = sum(remedy.value or 0 for remedy in self.in_every_option) + (self.ways.get(template[0]) or 0)
        return Option(name, remedies, owed + self.goodwill)

    def _costed(self, kind: RemedyKind, value: int | None) -> Remedy:
        """A remedy of a face value; a voucher is valid for the time the policy names."""
        terms, choice = self.kinds[kind], self.case.policy.choice
        if value is None:
            return Remedy(kind, None, 0, None)
        until = self.case.facts.decided_at + timedelta(days=choice.voucher_days) if terms.voucher else None
        return Remedy(kind, value, cost_of(value, terms.cost_ratio), until)

    def _remedy(self, kind: RemedyKind) -> Remedy:
        """The remedy as it stands in every option that has it."""
        remedy = self.remedies.get(kind)
        if remedy is None:
            remedy = self.remedies[kind] = self._figured(kind)
        return remedy

    def _figured(self, kind: RemedyKind) -> Remedy:
        terms = self.kinds[kind]
        if kind in self.ways:
            return self._costed(kind, self.ways[kind])
        if terms.form is Form.PUTS_RIGHT:
            return self._costed(kind, self.goodwill or None)
        return self._costed(kind, face_value(self.goodwill, terms.factor) if terms.factor else None)

    def default(self, options: Sequence[Option]) -> Option:
        """The preferred kind if it is there, else credit for a small share of the value at stake, money for a large."""
        choice, prefers = self.case.policy.choice, self.case.facts.customer.prefers
        if len(options) == 1:
            return options[0]
        small = options[0].worth < choice.refund_default_from * self.case.at_stake
        fitting = choice.in_credit if small else choice.in_money
        wishes = [frozenset({prefers}), fitting] if prefers else [fitting]
        found = (option for kinds in wishes for option in options if not kinds.isdisjoint(option.kinds))
        return next(found, options[0])
