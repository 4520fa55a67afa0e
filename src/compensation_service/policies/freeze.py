"""Freezing: what a policy depends on besides its own text, kept beside it, so that it decides the same for ever.

That is the text of the packs it adopts and the public holidays of the calendars it counts by: a later release of the
product, or of the library that knows the holidays, changes nothing that was stored.
"""

import json
from collections.abc import Callable, Collection
from datetime import date
from typing import TypeAlias

from compensation_service.decision.schemes.scheme import Scheme
from compensation_service.policies.document import Adoption, PolicyDocument
from compensation_service.policies.schemes.calendars import Holidays, of_library
from compensation_service.policies.schemes.load import packed_texts, read_scheme
from compensation_service.policies.schemes.translate import Translator

SchemeOf: TypeAlias = Callable[[Adoption], Scheme]
"""Makes the scheme that a proven document adopts."""


def installed(adoption: Adoption) -> Scheme:
    """The scheme with packs and holidays as they come with what is installed."""
    return _scheme(adoption, packed_texts()[adoption.pack or ""] if adoption.own is None else "", of_library)


def freeze(document: PolicyDocument) -> str:
    """What the document depends on, as it is today, in JSON; empty where it adopts no scheme."""
    if not document.schemes:
        return ""
    days: dict[str, list[str]] = {}

    def noted(country: str, region: str | None) -> Collection[date]:
        found = of_library(country, region)
        days[_place(country, region)] = sorted(day.isoformat() for day in found)
        return found

    packs = {adoption.pack: packed_texts()[adoption.pack] for adoption in document.schemes if adoption.pack}
    for adoption in document.schemes:
        _scheme(adoption, packs.get(adoption.pack or "", ""), noted)
    return json.dumps({"holidays": days, "packs": packs}, ensure_ascii=False, sort_keys=True)


def thaw(frozen: str) -> SchemeOf:
    """Make schemes from what was frozen, and from nothing else."""
    kept = json.loads(frozen or '{"holidays": {}, "packs": {}}')
    days = {place: frozenset(map(date.fromisoformat, texts)) for place, texts in kept["holidays"].items()}

    def holidays_of(country: str, region: str | None) -> Collection[date]:
        return days[_place(country, region)]

    return lambda adoption: _scheme(adoption, kept["packs"].get(adoption.pack, ""), holidays_of)


def _scheme(adoption: Adoption, pack: str, holidays_of: Holidays) -> Scheme:
    if adoption.own is None:
        return read_scheme(pack, adoption.pack or "", holidays_of)[1]
    scheme = Translator(adoption.own, holidays_of).scheme()
    if scheme is None:
        raise ValueError("a promise in a proven document holds together")
    return scheme


def _place(country: str, region: str | None) -> str:
    return f"{country}-{region}" if region else country
