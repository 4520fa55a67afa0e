"""Which templates of a menu become the options of a case. Amounts do not enter: the same words give the same plan."""

from collections.abc import Sequence
from dataclasses import field
from itertools import chain
from typing import Any, NamedTuple

from compensation_service.decision.case import Case
from compensation_service.decision.entitlement import Owed
from compensation_service.decision.facts import Fault, RemedyKind
from compensation_service.decision.guards import Habits
from compensation_service.decision.memory import Memory
from compensation_service.decision.policy import Band, Form, KindTerms, Mode, Template
from compensation_service.decision.reasons import Reason
from compensation_service.decision.record import record


@record
class Plan:
    """Which templates make the options of a case, by name, and which one is the default; amounts do not enter."""

    templates: tuple[tuple[str, Template], ...]
    kinds: tuple[KindTerms, ...]
    default_if_small: str
    default_if_large: str
    guards: tuple[Reason, ...]
    bundles: Memory[Any] = field(default_factory=Memory, init=False, repr=False, compare=False)
    """What was bundled by this plan before, by amounts: neat amounts are few."""


def plan_for(case: Case, band: Band, goodwill: int, owed: Owed, habits: Habits) -> Plan:
    """The plan for such a case; made once, as it follows from a few words and not from amounts."""
    order, incident = case.facts.order, case.facts.incident
    can_refund = order is not None and goodwill <= order.total - order.paid_back - owed.money_back
    circumstances = (
        case.mode,
        band,
        incident.fault is Fault.CUSTOMER,
        incident.remediable,
        goodwill > 0,
        can_refund,
        habits.worn_out,
        habits.apology_worn_out,
        habits.too_late_for_vouchers,
        tuple(owed.ways),
        case.facts.customer.prefers or owed.wish,
    )
    plans = case.category.menu.plans
    plan: Plan | None = plans.get(circumstances)
    return plan or plans.keep(circumstances, _Planner(case, _Circumstances(*circumstances)).plan())


class _Circumstances(NamedTuple):
    """What decides which templates fit."""

    mode: Mode
    band: Band
    own_fault: bool
    remediable: frozenset[RemedyKind]
    has_goodwill: bool
    can_refund: bool
    worn_out: frozenset[RemedyKind]
    apology_worn_out: bool
    too_late_for_vouchers: bool
    ways: tuple[RemedyKind, ...]
    prefers: RemedyKind | None


class _Planner:
    """Chooses among the templates of a category's menu."""

    def __init__(self, case: Case, circumstances: _Circumstances) -> None:
        self.policy = case.policy
        self.menu = case.category.menu
        self.kinds = case.policy.choice.kinds
        self.here = circumstances
        self.guards: dict[str, Reason] = {}

    def plan(self) -> Plan:
        """Choose templates, name them, and find the default for a small and for a large share of the value."""
        choice = self.policy.choice
        most = choice.options_most if self.here.band in choice.bands_with_choice else 1
        chosen = [self._by_person(template) for template in self._choose(max(most, len(self.here.ways)))]
        named = tuple((f"opt_{number}", template) for number, template in enumerate(chosen, 1))
        return Plan(
            templates=named,
            kinds=tuple(self.kinds[kind] for kind in dict.fromkeys(chain.from_iterable(chosen))),
            default_if_small=self._default(named, choice.in_credit),
            default_if_large=self._default(named, choice.in_money),
            guards=tuple(self.guards.values()),
        )

    def _templates(self) -> list[Template]:
        """What fits the loss, each way to what is owed first with the first of it, the last way with all of it."""
        extras = [self.policy.choice.help]
        if not self.here.own_fault:
            source = self.menu.rejected if self.here.mode is Mode.REJECTED else self.menu.kept[self.here.band]
            extras = self._allowed(source) or [self.menu.without_money]
        if not self.here.ways:
            return extras
        *ways, last = self.here.ways
        return [(way, *extras[0]) for way in ways] + [(last, *extra) for extra in extras]

    def _allowed(self, templates: Sequence[Template]) -> list[Template]:
        kinds = dict.fromkeys(chain.from_iterable(templates))
        ruled_out = {kind for kind in kinds if self._rules_out(kind)}
        return [template for template in templates if ruled_out.isdisjoint(template)]

    def _rules_out(self, kind: RemedyKind) -> bool:
        """Whether this kind cannot be given here, or would do harm; a guard that decides so is noted."""
        terms, here = self.kinds[kind], self.here
        if kind in here.ways:
            return True
        if terms.form is Form.PUTS_RIGHT:
            return bool(here.ways) or kind not in here.remediable
        if terms.factor and not here.has_goodwill:
            return True
        if kind is RemedyKind.PARTIAL_REFUND:
            return not here.can_refund
        if kind is RemedyKind.PAYMENT:
            return here.can_refund and here.mode is Mode.KEPT and RemedyKind.PARTIAL_REFUND not in here.ways
        if terms.voucher and here.too_late_for_vouchers:
            hours = self.policy.choice.no_voucher_after_hours
            self.guards["voucher_too_late"] = Reason("voucher_too_late", {"hours": hours})
            return True
        if kind in here.worn_out:
            self.guards[f"worn_out.{kind}"] = Reason("worn_out", {"kind": kind})
            return True
        return False

    def _choose(self, most: int) -> list[Template]:
        """At most so many: one for each way to what is owed, in money, in kind, the preferred one, then the first."""
        choice, templates = self.policy.choice, list(dict.fromkeys(self._templates()))
        wishes = [frozenset({way}) for way in self.here.ways]
        if most > 1:
            wishes += [choice.in_money, choice.in_kind]
        if self.here.prefers:
            wishes.append(frozenset({self.here.prefers}))
        needed = [next((template for template in templates if not wish.isdisjoint(template)), None) for wish in wishes]
        kept = list(dict.fromkeys([*filter(None, needed), *templates]))[:most]
        return [template for template in templates if template in kept]

    def _by_person(self, template: Template) -> Template:
        """The template with a person's apology in place of one more by machine, where those have worn off."""
        if not self.here.apology_worn_out or RemedyKind.APOLOGY not in template:
            return template
        person = self.policy.guards.apology_by_person
        self.guards["apology_by_person"] = Reason("apology_by_person")
        return tuple(dict.fromkeys(person if kind is RemedyKind.APOLOGY else kind for kind in template))

    def _default(self, named: Sequence[tuple[str, Template]], fitting: frozenset[RemedyKind]) -> str:
        """The preferred kind if it is there, else the first that fits, else the first."""
        prefers = self.here.prefers
        wishes = [frozenset({prefers}), fitting] if prefers else [fitting]
        found = (name for kinds in wishes for name, template in named if not kinds.isdisjoint(template))
        return next(found, named[0][0])
