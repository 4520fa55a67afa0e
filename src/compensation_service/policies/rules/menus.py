"""Menus: each option carries the goodwill once, and enough options are left whatever the guards rule out."""

from collections.abc import Callable, Iterator, Sequence

from compensation_service.decision.facts import RemedyKind
from compensation_service.decision.policy import Band, Form
from compensation_service.policies.document import Menu, PolicyDocument, Template
from compensation_service.policies.problems import Finding, Path


def check(document: PolicyDocument) -> Iterator[Finding]:
    """All menus of a policy, and the kinds that stand alone."""
    if set(document.kinds) != set(RemedyKind) or set(document.severity.bands) != set(Band):
        return  # `completeness` says so; nothing can be said about menus before
    menus = _Menus(document)
    for name, menu in document.menus.items():
        yield from menus.check(("menus", name), menu)
    yield from menus.carries_nothing(("choice", "help"), document.choice.help)
    yield from menus.carries_nothing(("guards", "apology_by_person"), [document.guards.apology_by_person])


class _Menus:
    """The rules of menus, for the kinds and bands of one document."""

    def __init__(self, document: PolicyDocument) -> None:
        self.kinds = document.kinds
        self.choice = set(document.choice.bands_with_choice)
        ends = [document.severity.bands[band] for band in Band][1:]
        self.unpaid = {band for band, end in zip(Band, ends, strict=False) if end <= document.goodwill.starts_at}

    def check(self, path: Path, menu: Menu) -> Iterator[Finding]:
        for band, templates in menu.kept.items():
            place = (*path, "kept", band.value)
            if band in self.unpaid:
                for number, template in enumerate(templates):
                    yield from self.carries_nothing((*place, number), template)
            else:
                yield from self._paid(place, templates, has_choice=band in self.choice)
        if menu.rejected is not None:
            yield from self._paid((*path, "rejected"), menu.rejected, has_choice=False)
            yield from self._rejected((*path, "rejected"), menu.rejected)
        yield from self.carries_nothing((*path, "without_money"), menu.without_money)

    def carries_nothing(self, path: Path, template: Template) -> Iterator[Finding]:
        """An option without goodwill."""
        for kind in template:
            if self.kinds[kind].factor:
                reason = f"`{kind.value}` carries money, and there is none here."
                yield Finding(path, "carries_money", reason, "Take a kind with the factor 0.")

    def _paid(self, path: Path, templates: Sequence[Template], *, has_choice: bool) -> Iterator[Finding]:
        for number, template in enumerate(templates):
            yield from self._template((*path, number), template)
        if not any(self._lasts(template) for template in templates):
            reason = "nothing is left once vouchers are too late and soft kinds are worn out."
            yield Finding(path, "menu_wears_out", reason, "Add an option in money, goods or service that always fits.")
        if has_choice:
            yield from self._choice(path, templates)

    def _template(self, path: Path, template: Template) -> Iterator[Finding]:
        carriers = [kind.value for kind in template if self.kinds[kind].factor]
        if len(carriers) > 1:
            reason = f"{' and '.join(carriers)} would each carry the whole goodwill."
            yield Finding(path, "goodwill_twice", reason, "Keep one of them.")
        if not carriers:
            reason = "nothing here carries the goodwill."
            yield Finding(path, "goodwill_not_carried", reason, "Add one kind whose factor is above 0.")
        if RemedyKind.FULL_REFUND in template:
            reason = "`full_refund` is restitution, which is added by itself."
            yield Finding(path, "restitution_in_menu", reason, "Take `partial_refund`.")

    def _choice(self, path: Path, templates: Sequence[Template]) -> Iterator[Finding]:
        wanted: list[tuple[Callable[[Template], bool], str, str]] = [
            (lambda template: RemedyKind.PARTIAL_REFUND in template, "menu_without_money", "`partial_refund`"),
            (lambda template: RemedyKind.PAYMENT in template, "menu_without_money", "`payment`, for lack of an order"),
            (self._has(Form.CREDIT), "menu_without_credit", "a kind of the form `credit`"),
            (self._lasts_in_kind, "menu_without_kind", "goods or service, not soft and no voucher"),
        ]
        for wish, code, what in wanted:
            if not any(map(wish, templates)):
                yield Finding(path, code, f"there is no option with {what}.", "Add one: a choice needs it.")

    def _rejected(self, path: Path, templates: Sequence[Template]) -> Iterator[Finding]:
        for number, template in enumerate(templates):
            if self._has(Form.PUTS_RIGHT)(template):
                reason = "what puts the thing right is added by itself."
                yield Finding((*path, number), "restitution_in_menu", reason, "Take a kind that comes on top of it.")

    def _has(self, *forms: Form) -> Callable[[Template], bool]:
        return lambda template: any(self.kinds[kind].form in forms for kind in template)

    def _lasts(self, template: Template) -> bool:
        return not any(
            self.kinds[kind].soft or self.kinds[kind].voucher or self.kinds[kind].form is Form.PUTS_RIGHT
            for kind in template
        )

    def _lasts_in_kind(self, template: Template) -> bool:
        return self._lasts(template) and self._has(Form.GOODS, Form.SERVICE)(template)
