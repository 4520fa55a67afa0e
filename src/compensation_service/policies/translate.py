"""From a proven document to the values of the decision."""

from decimal import Decimal

from compensation_service.decision import policy
from compensation_service.decision.curves import Curve
from compensation_service.decision.money import CurrencyTerms, Step
from compensation_service.decision.schemes.scheme import Scheme
from compensation_service.policies import document
from compensation_service.policies.freeze import SchemeOf, installed
from compensation_service.policies.iso import exponent


def to_policy(read: document.PolicyDocument, scheme_of: SchemeOf = installed) -> policy.Policy:
    """Turn a document that broke no rule into the decision's policy; `scheme_of` makes the schemes it adopts."""
    return policy.Policy(
        name=read.name,
        version=read.version,
        currencies={code: _currency(code, terms) for code, terms in read.currencies.items()},
        categories={code: _category(code, terms, read.menus[terms.menu]) for code, terms in read.categories.items()},
        severity=_severity(read.severity),
        loyalty=_loyalty(read.loyalty),
        goodwill=_goodwill(read.goodwill),
        choice=_choice(read),
        guards=policy.Guards(**dict(read.guards)),
        approval=_approval(read.approval),
        clocks=_clocks(read.clocks),
        schemes=tuple(_adopted(adoption, scheme_of(adoption)) for adoption in read.schemes),
    )


def _currency(code: str, terms: document.Currency) -> CurrencyTerms:
    digits = exponent(code) or 0

    def minor(amount: Decimal) -> int:
        return int(amount.scaleb(digits))

    steps = tuple(Step(None if row.below is None else minor(row.below), minor(row.step)) for row in terms.neat)
    return CurrencyTerms(code, minor(terms.reference_value), steps, digits)


def _adopted(adoption: document.Adoption, scheme: Scheme) -> policy.AdoptedScheme:
    return policy.AdoptedScheme(
        scheme=scheme,
        categories=frozenset(adoption.categories),
        countries=frozenset(adoption.countries or scheme.jurisdictions),
        if_given=frozenset(adoption.if_given),
        consumers_only=adoption.consumers_only,
    )


def _category(code: str, terms: document.Category, menu: document.Menu) -> policy.Category:
    return policy.Category(
        code=code,
        ceiling=terms.ceiling,
        magnitude=_magnitude(terms),
        basis=terms.basis,
        share_max=terms.share_max,
        share_cap=terms.share_cap,
        mode=terms.mode,
        menu=policy.Menu(
            kept={band: _templates(menu.kept[band]) for band in policy.Band},
            rejected=_templates(menu.rejected or []),
            without_money=tuple(menu.without_money),
        ),
    )


def _templates(read: list[document.Template]) -> tuple[policy.Template, ...]:
    return tuple(map(tuple, read))


def _magnitude(terms: document.Category) -> policy.Magnitude:
    if terms.grades is not None:
        return policy.Grades(terms.grades, frozenset(terms.undoing))
    if terms.delay is not None:
        return policy.Delay(Curve(terms.delay.curve), terms.delay.service_levels)
    if terms.wait is not None:
        return policy.Wait(Curve(terms.wait.curve), terms.wait.targets)
    return policy.Always(terms.always or Decimal(0))


def _severity(read: document.Severity) -> policy.Severity:
    repeats = dict(read.repeats) | {"weight_by_age_days": Curve(read.repeats.weight_by_age_days)}
    return policy.Severity(
        critical_need=read.critical_need,
        repeats=policy.Repeats(**repeats),
        bands=tuple((band, read.bands[band]) for band in policy.Band),
    )


def _loyalty(read: document.Loyalty) -> policy.Loyalty:
    curves = {name: Curve(getattr(read, name)) for name in ("orders", "years", "lifetime_values")}
    return policy.Loyalty(weight=read.weight, tiers=read.tiers, **curves)


def _goodwill(read: document.Goodwill) -> policy.Goodwill:
    curves = {name: Curve(getattr(read, name)) for name in ("rise", "slowness", "value_damping")}
    return policy.Goodwill(**(dict(read) | curves))


def _choice(read: document.PolicyDocument) -> policy.Choice:
    choice = read.choice
    return policy.Choice(
        bands_with_choice=frozenset(choice.bands_with_choice),
        options_most=choice.options_most,
        refund_default_from=choice.refund_default_from,
        no_voucher_after_hours=choice.no_voucher_after_hours,
        kinds={kind: policy.KindTerms(kind=kind, **dict(terms)) for kind, terms in read.kinds.items()},
        help=tuple(choice.help),
        voucher_days=choice.voucher_days,
    )


def _approval(read: document.Approval) -> policy.Approval:
    changed = {
        "automatic_bands": frozenset(read.automatic_bands),
        "limits": tuple((limit.role, limit.most) for limit in read.limits),
        "person_for_grades": frozenset((named.category, named.grade) for named in read.person_for_grades),
    }
    return policy.Approval(**(dict(read) | changed))


def _clocks(read: document.Clocks) -> policy.Clocks:
    rows = {band: policy.ClockTerms(**dict(terms)) for band, terms in read.by_band.items()}
    return policy.Clocks(**(dict(read) | {"by_band": rows}))
