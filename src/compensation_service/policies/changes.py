"""What changed between two policies, in words: "late_delivery: share_max 0.30 → 0.35"."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from compensation_service.policies.document import PolicyDocument
from compensation_service.policies.problems import Path, dotted

SECTIONS_UNSAID = frozenset({"categories"})
"""A category is known by its own name."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change: where, as `categories.late_delivery.share_max`, and a sentence that says all of it."""

    path: str
    text: str


def changes(before: PolicyDocument, after: PolicyDocument) -> list[Change]:
    """Every difference, in the order of the documents, named by the section and key where it stands."""
    return list(_between((), _data(before), _data(after)))


def _data(document: PolicyDocument) -> Mapping[str, Any]:
    """A document as plain data; its schemes by their names, so that one is compared with itself."""
    data = document.model_dump(by_alias=True, warnings=False)  # amounts of schemes are of many kinds, all of them plain
    names = [adoption.pack or (adoption.own.id if adoption.own else "") for adoption in document.schemes]
    return {**data, "schemes": dict(zip(names, data["schemes"], strict=True))}


def _between(path: Path, old: Any, new: Any) -> Iterator[Change]:  # noqa: ANN401 - whatever a document holds
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _in_mapping(path, old, new)
    elif _is_list(old) and _is_list(new) and _is_curve([*old, *new]):
        yield from _in_curve(path, dict(old), dict(new))
    elif _is_list(old) and _is_list(new):
        yield from _in_list(path, old, new)
    else:
        yield _said(path, f"{_shown(old)} → {_shown(new)}")


def _in_mapping(path: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for key in dict.fromkeys([*old, *new]):
        place, was, becomes = (*path, str(key)), old.get(key), new.get(key)
        if was is not None and becomes is not None:
            yield from _between(place, was, becomes)
        elif was is not None:
            yield _said(place, f"removed, was {_shown(was)}")
        elif becomes is not None:
            yield _said(place, f"added: {_shown(becomes)}")


def _in_curve(path: Path, old: Mapping[Decimal, Decimal], new: Mapping[Decimal, Decimal]) -> Iterator[Change]:
    for x in sorted({*old, *new}):
        if x not in new:
            yield _said(path, f"point [{x}, {old[x]}] removed")
        elif x not in old:
            yield _said(path, f"point [{x}, {new[x]}] added")
        elif old[x] != new[x]:
            yield _said(path, f"at {x}: {old[x]} → {new[x]}")


def _in_list(path: Path, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Change]:
    for entry in old:
        if entry not in new:
            yield _said(path, f"{_shown(entry)} removed")
    for entry in new:
        if entry not in old:
            yield _said(path, f"{_shown(entry)} added")
    if [entry for entry in old if entry in new] != [entry for entry in new if entry in old]:
        yield _said(path, "put in another order")


def _is_empty(value: object) -> bool:
    return value is None or value in ([], {}, "")


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_curve(entries: Sequence[Any]) -> bool:
    return bool(entries) and all(isinstance(entry, tuple) for entry in entries)


def _said(path: Path, what: str) -> Change:
    *around, last = [str(part) for part in path[path[0] in SECTIONS_UNSAID :]]
    place = f"{', '.join(around)}: {last}" if around else last
    return Change(dotted(path), f"{place} {what}")


def _shown(value: object) -> str:
    """A value as a person reads it: words joined by +, a table as `key value, key value`, a scheme as its title."""
    if isinstance(value, Mapping):
        entries = value.items()
        return value.get("title") or ", ".join(f"{key} {_shown(told)}" for key, told in entries if not _is_empty(told))
    if isinstance(value, Sequence) and not isinstance(value, str):
        if _is_curve(value):
            return " ".join(f"[{x}, {y}]" for x, y in value)
        return (" + " if all(isinstance(entry, str) for entry in value) else "; ").join(map(_shown, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "nothing" if value is None else str(value)
