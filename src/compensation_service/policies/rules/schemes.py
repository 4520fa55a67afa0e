"""Adopted schemes: packs that exist, promises that hold together, and none that takes the name of a pack."""

from collections.abc import Iterator

from compensation_service.policies.document import Adoption, PolicyDocument
from compensation_service.policies.problems import Finding, Path
from compensation_service.policies.schemes.load import packed_schemes
from compensation_service.policies.schemes.translate import Translator


def check(document: PolicyDocument) -> Iterator[Finding]:
    """What the policy says of schemes. A pack is adopted as it is: nothing here can weaken it."""
    seen: set[str] = set()
    for place, adoption in enumerate(document.schemes):
        path: Path = ("schemes", place)
        yield from _pack(adoption, path)
        yield from _own(adoption, path)
        yield from _cases(adoption, document, path)
        name = adoption.pack or (adoption.own.id if adoption.own else "")
        if name in seen:
            yield Finding(path, "scheme_twice", f"`{name}` is adopted already.", "Name it once, with all its cases.")
        seen.add(name)


def _pack(adoption: Adoption, path: Path) -> Iterator[Finding]:
    if (adoption.pack is None) == (adoption.own is None):
        reason = "a scheme is either a pack or the shop's own."
        yield Finding(path, "scheme_unclear", reason, "Write `pack: name`, or the promise itself under `own`.")
    elif adoption.pack is not None and adoption.pack not in packed_schemes():
        known = ", ".join(packed_schemes())
        yield Finding((*path, "pack"), "unknown_pack", "no such pack comes with the product.", f"There are: {known}.")


def _own(adoption: Adoption, path: Path) -> Iterator[Finding]:
    if adoption.own is None:
        return
    if adoption.own.id in packed_schemes():
        reason = "a pack has this id already, and a law must not be replaced."
        yield Finding((*path, "own", "id"), "id_of_pack", reason, "Give the promise an id of its own.")
    translator = Translator(adoption.own)
    translator.scheme()
    for found in translator.findings:
        yield Finding((*path, "own", *found.path), found.code, found.reason, found.advice)


def _cases(adoption: Adoption, document: PolicyDocument, path: Path) -> Iterator[Finding]:
    for place, category in enumerate(adoption.categories):
        if category not in document.categories:
            known = ", ".join(document.categories)
            where = (*path, "categories", place)
            yield Finding(where, "unknown_category", f"the policy has no category `{category}`.", f"It has {known}.")
    facts = adoption.own.facts if adoption.own else None
    scheme = packed_schemes().get(adoption.pack or "")
    declared = facts if facts is not None else (scheme.facts if scheme else {})
    for place, name in enumerate(adoption.if_given):
        if name not in declared:
            reason = f"the scheme declares no fact `{name}`."
            advice = f"It declares {', '.join(declared) or 'none'}."
            yield Finding((*path, "if_given", place), "unknown_fact", reason, advice)
