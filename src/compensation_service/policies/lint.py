"""What is legal in a policy but unwise: numbers that never come to bear, words that say nothing, nobody who looks.

Each warning has its place and what to do, as a broken rule has. A policy can be used in spite of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import chain

from compensation_service.decision.curves import Curve
from compensation_service.decision.facts import RemedyKind
from compensation_service.decision.policy import Band, Mode
from compensation_service.policies.document import Category, Menu, PolicyDocument, Template
from compensation_service.policies.problems import Finding, Path
from compensation_service.policies.schemes.lint import warnings as unwise_in_scheme
from compensation_service.policies.schemes.translate import Translator

ONE = Decimal(1)


def warnings(document: PolicyDocument) -> Iterator[Finding]:
    """All that is unwise in a document that broke no rule."""
    reach = _Reach(document)
    yield from _categories(document, reach)
    yield from _bands(document, reach)
    yield from _caps(document, reach)
    yield from _rise(document, reach)
    yield from _twins(document)
    yield from _menus(document)
    yield from _people(document)
    yield from _promises(document)


class _Reach:
    """How far the numbers of a policy can go, whatever the facts are."""

    def __init__(self, document: PolicyDocument) -> None:
        goodwill, loyalty = document.goodwill, document.loyalty
        sources = [loyalty.orders, loyalty.years, loyalty.lifetime_values]
        loyal = max([*(y for points in sources for _, y in points), *loyalty.tiers.values()])
        self.lift = (ONE + loyalty.weight * loyal) * max(y for _, y in goodwill.slowness)
        self.fault = max(goodwill.fault.values())
        self._document = document
        self._rise = Curve(goodwill.rise)
        self.severity = {code: self._most_severe(category) for code, category in document.categories.items()}

    def _most_severe(self, category: Category) -> Decimal:
        """The highest score: the worst grade or the end of the curve, needed critically, with the longest history."""
        score = category.ceiling * max(_magnitudes(category))
        score += self._document.severity.critical_need * score * (ONE - score)
        return score + score * (ONE - score)

    def risen(self, code: str) -> Decimal:
        """Where on the `rise` curve a category can get; 0 and below is no money."""
        starts_at = self._document.goodwill.starts_at
        return (self.severity[code] - starts_at) / (ONE - starts_at)

    def share(self, code: str) -> Decimal:
        """The largest share of a kept case before any cap."""
        risen = self.risen(code)
        if risen <= 0:
            return Decimal(0)
        return self._document.categories[code].share_max * self._rise(risen) * self.fault * self.lift


def _magnitudes(category: Category) -> list[Decimal]:
    if category.grades is not None:
        return list(category.grades.values())
    measured = category.delay or category.wait
    return [y for _, y in measured.curve] if measured else [category.always or Decimal(0)]


def _is_kept(category: Category) -> bool:
    return category.mode is Mode.KEPT


def _categories(document: PolicyDocument, reach: _Reach) -> Iterator[Finding]:
    floor = document.goodwill.floor
    for code, category in document.categories.items():
        path = ("categories", code)
        if max(_magnitudes(category)) == 0:
            reason = "nothing here is ever serious: every magnitude is 0."
            yield Finding(path, "category_never_serious", reason, "Give its measure a value above 0, or remove it.")
        elif _is_kept(category) and reach.risen(code) <= 0:
            worst = _short(reach.severity[code])
            reason = f"at its worst it scores {worst}; money begins at {document.goodwill.starts_at}."
            advice = "Raise its ceiling, lower `goodwill.starts_at`, or accept that it is answered without money."
            yield Finding((*path, "ceiling"), "category_never_paid", reason, advice)
        elif _is_kept(category) and min(reach.share(code), category.share_cap) < floor:
            reason = f"on a usual order it gives less than the floor {floor}, so no money, at its worst too."
            yield Finding((*path, "share_max"), "category_under_floor", reason, "Raise it, or lower `goodwill.floor`.")


def _bands(document: PolicyDocument, reach: _Reach) -> Iterator[Finding]:
    highest = max(reach.severity.values())
    for band, begins in document.severity.bands.items():
        if begins > highest:
            reason = f"no category scores above {_short(highest)}."
            path = ("severity", "bands", band.value)
            yield Finding(path, "band_never_reached", reason, "Lower it, or raise the ceiling of a category.")


def _caps(document: PolicyDocument, reach: _Reach) -> Iterator[Finding]:
    goodwill = document.goodwill
    for code, category in document.categories.items():
        if _is_kept(category) and 0 < reach.share(code) <= category.share_cap:
            reason = f"with every factor at its highest the share is {_short(reach.share(code))}: this cap never binds."
            yield Finding(("categories", code, "share_cap"), "cap_never_binds", reason, "Lower it if it should.")
    rejected = (goodwill.rejected_base + goodwill.rejected_slope) * reach.fault * reach.lift
    if rejected <= goodwill.rejected_cap:
        reason = f"with every factor at its highest the share is {_short(rejected)}: this cap never binds."
        yield Finding(("goodwill", "rejected_cap"), "cap_never_binds", reason, "Lower it if it should.")
    caps = [category.share_cap for category in document.categories.values()]
    if goodwill.group_cap >= max(*caps, goodwill.rejected_cap):
        reason = "no other cap is above it: it never binds."
        yield Finding(("goodwill", "group_cap"), "cap_never_binds", reason, "Lower it if it should.")
    highest = max(y for _, y in goodwill.value_damping) * max(*caps, goodwill.rejected_cap)
    if highest <= goodwill.most:
        reason = f"the damped value and the caps end at {_short(highest)} of V: this cap never binds."
        yield Finding(("goodwill", "most"), "cap_never_binds", reason, "Lower it if it should.")


def _rise(document: PolicyDocument, reach: _Reach) -> Iterator[Finding]:
    highest = max(map(reach.risen, reach.severity))
    points = document.goodwill.rise
    for place, (x, _) in enumerate(points[:-1]):
        if x >= highest:
            reason = f"no case gets beyond {_short(highest)} here: the piece that begins at {x} is never reached."
            yield Finding(("goodwill", "rise", place + 1), "curve_never_reached", reason, "Remove the point.")


def _twins(document: PolicyDocument) -> Iterator[Finding]:
    tables: list[tuple[Path, Mapping[str, object]]] = [(("loyalty", "tiers"), document.loyalty.tiers)]
    tables += [(("categories", code, "grades"), it.grades) for code, it in document.categories.items() if it.grades]
    for path, table in tables:
        seen: dict[object, str] = {}
        for word, value in table.items():
            if value in seen:
                reason = f"`{word}` means the same as `{seen[value]}`: {value}."
                yield Finding((*path, word), "same_as_another", reason, "Give it a value of its own, or remove it.")
            seen.setdefault(value, word)


def _menus(document: PolicyDocument) -> Iterator[Finding]:
    used = {category.menu for category in document.categories.values()}
    for name, menu in document.menus.items():
        if name not in used:
            reason = "no category takes this menu."
            yield Finding(("menus", name), "menu_unused", reason, "Name it in a category, or remove it.")
        for place, templates, is_choice in _lists(document, name, menu):
            yield from _templates(place, templates, is_choice=is_choice)


def _lists(document: PolicyDocument, name: str, menu: Menu) -> Iterator[tuple[Path, list[Template], bool]]:
    """The lists of a menu, each with whether it is offered to choose from."""
    for band, templates in menu.kept.items():
        yield ("menus", name, "kept", band.value), templates, band in document.choice.bands_with_choice
    if menu.rejected is not None:
        yield ("menus", name, "rejected"), menu.rejected, True


def _templates(path: Path, templates: list[Template], *, is_choice: bool) -> Iterator[Finding]:
    """An option is found by its kinds: one whose kinds all stand in options before it always comes after those."""
    code, said = ("option_never_default", "the default") if is_choice else ("option_never_offered", "offered")
    for place, template in enumerate(templates):
        if set(template) <= set(chain.from_iterable(templates[:place])):
            reason = f"every kind in it stands in an option before it: it is never {said}."
            yield Finding((*path, place), code, reason, "Remove it, or put it first.")


def _people(document: PolicyDocument) -> Iterator[Finding]:
    approval, goodwill = document.approval, document.goodwill
    if approval.automatic_most >= goodwill.most:
        reason = f"goodwill ends at {goodwill.most} of V anyway: no amount is ever looked at."
        advice = "Lower it, so that a person agrees to what is large."
        yield Finding(("approval", "automatic_most"), "nobody_looks", reason, advice)
    if Band.CRITICAL in approval.automatic_bands:
        reason = "the worst cases are answered without anybody looking."
        yield Finding(("approval", "automatic_bands"), "nobody_looks", reason, "Take `critical` out.")
    if document.guards.apology_by_person is RemedyKind.APOLOGY:
        reason = "an apology too many would be replaced by an apology."
        yield Finding(("guards", "apology_by_person"), "guard_does_nothing", reason, "Take `personal_call`.")


def _promises(document: PolicyDocument) -> Iterator[Finding]:
    for place, adoption in enumerate(document.schemes):
        scheme = Translator(adoption.own).scheme() if adoption.own is not None else None
        if adoption.own is None or scheme is None:
            continue
        for found in unwise_in_scheme(adoption.own, scheme):
            yield replace(found, path=("schemes", place, "own", *found.path))


def _short(number: Decimal) -> str:
    return str(round(number, 4).normalize() + 0)
