"""Policies: written as drafts, checked, activated by a second person, compared. What decided once never changes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from compensation_service.domain.delivery import NoticeType
from compensation_service.domain.errors import ChangedMeanwhile, Conflict, NotFound, Unauthenticated, Unprocessable
from compensation_service.domain.ids import Clock, Ids
from compensation_service.domain.merchant import Merchant
from compensation_service.domain.policy_version import (
    PACKAGE,
    PolicyAction,
    PolicyStatus,
    PolicyVersion,
    digest,
    move,
)
from compensation_service.policies import golden
from compensation_service.policies.changes import changes
from compensation_service.policies.freeze import freeze
from compensation_service.policies.load import default_policy, default_text, examine, read_document, stored_document
from compensation_service.policies.problems import PolicyRefused, Problem
from compensation_service.policies.translate import to_policy
from compensation_service.services.approvals import is_held_by_one_of
from compensation_service.services.documents import dump, moment, money
from compensation_service.services.idempotency import CREATED, FOUND, Answer, Done, Idempotency, Once
from compensation_service.services.notices import announce
from compensation_service.services.policy_book import PolicyBook
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

FIRST = 1
LOCK = "policies"
"""Who changes a merchant's policies waits for whoever is changing them."""
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Author:
    """Who does it: the id of an API key, which must be usable when it is done, or a name from the command line."""

    name: str
    is_key: bool = False


class SecondPersonNeeded(Conflict):
    """Whoever wrote a version cannot activate it."""

    code = "second_person_needed"

    def __init__(self) -> None:
        super().__init__("Somebody else than its authors must activate a version, with a key or name of their own.")


def first_version(merchant: Merchant) -> tuple[PolicyVersion, str]:
    """The version that a merchant begins with, and its text: the package's default, as it is today."""
    text, at = default_text(), merchant.created_at
    version = PolicyVersion(
        merchant_id=merchant.id,
        version=FIRST,
        name=default_policy().name,
        status=PolicyStatus.ACTIVE,
        sha256=digest(text),
        created_at=at,
        created_by=PACKAGE,
        changed_at=at,
        changed_by=PACKAGE,
        active_from=at,
        activated_at=at,
        activated_by=PACKAGE,
    )
    return version, text


class PolicyService:
    """The use cases around policies. They block on the store."""

    def __init__(self, store: Store, book: PolicyBook, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._book = book
        self._clock = clock
        self._ids = ids
        self._once = Once(store, clock, lambda unit, version: dump(self._whole(unit, _find(unit, int(version)))))

    def check(self, text: str, name: str = "policy") -> Document:
        """Whether a text could be stored as a policy, with every problem and warning at its place. Stores nothing."""
        try:
            found = examine(text, name)
        except PolicyRefused as refused:
            return {"usable": False, "name": None, "problems": list(map(finding, refused.problems)), "warnings": []}
        warnings = list(map(finding, found.warnings))
        return {"usable": True, "name": found.document.name, "problems": [], "warnings": warnings}

    def create(self, merchant_id: str, text: str, by: Author, idempotency: Idempotency | None = None) -> Answer:
        """Keep a text as a new draft. PolicyRefused, with all problems, if it could not decide."""
        read = read_document(text, "policy")
        frozen = freeze(read)

        def work(unit: UnitOfWork) -> Done:
            now = self._clock()
            _settle_first(unit)
            draft = PolicyVersion(
                merchant_id=merchant_id,
                version=unit.policies.last() + 1,
                name=read.name,
                status=PolicyStatus.DRAFT,
                sha256=digest(text + frozen),
                created_at=now,
                created_by=by.name,
                changed_at=now,
                changed_by=by.name,
            )
            unit.policies.add(draft, text, frozen)
            return self._done(unit, CREATED, draft)

        return self._change(merchant_id, by, work, idempotency)

    def replace(self, merchant_id: str, version: int, text: str, by: Author, revision: str | None = None) -> Answer:
        """Give a draft another text; `revision` is that of the draft as it was read, None for whatever it is.

        Raises NotFound, IllegalMove where it is no draft, ChangedMeanwhile, PolicyRefused.
        """
        read = read_document(text, "policy")
        frozen = freeze(read)

        def work(unit: UnitOfWork) -> Done:
            found = _expected(unit, version, revision)
            status = move(found.status, PolicyAction.CHANGE)
            changed = replace(
                found,
                status=status,
                name=read.name,
                sha256=digest(text + frozen),
                changed_at=self._clock(),
                changed_by=by.name,
            )
            unit.policies.change(changed, text, frozen)
            return self._done(unit, FOUND, changed)

        return self._change(merchant_id, by, work)

    def activate(
        self,
        merchant_id: str,
        version: int,
        by: Author,
        *,
        revision: str | None = None,
        active_from: datetime | None = None,
        idempotency: Idempotency | None = None,
    ) -> Answer:
        """Let a draft decide, from now or from a later moment on; the version before it ends at that moment.

        Of versions activated for the same time the one activated last decides. Raises NotFound, IllegalMove,
        ChangedMeanwhile, SecondPersonNeeded, or Unprocessable where `active_from` has passed.
        """

        def work(unit: UnitOfWork) -> Done:
            now = self._clock()
            found = _expected(unit, version, revision)
            status = move(found.status, PolicyAction.ACTIVATE)
            if is_held_by_one_of(unit, by.name, found.authors):
                raise SecondPersonNeeded
            if active_from is not None and active_from < now:
                detail = "A version cannot begin in the past: what was decided stays as it was."
                raise Unprocessable("/active_from", "begins_in_the_past", detail)
            begins = active_from or now
            for before in unit.policies.deciding():
                _end(unit, before, begins)
            active = replace(found, status=status, active_from=begins, activated_at=now, activated_by=by.name)
            unit.policies.activate(active)
            told = {"version": version, "sha256": active.sha256, "active_from": moment(begins)}
            announce(unit, self._ids, NoticeType.POLICY_ACTIVATED, now, told)
            return self._done(unit, FOUND, active)

        answer = self._change(merchant_id, by, work, idempotency, str(version))
        self._book.forget(merchant_id)
        return answer

    def get(self, merchant_id: str, version: int) -> Document:
        """One version with its text; NotFound if this merchant has none of this number."""
        with self._store.reading(merchant_id) as unit:
            return self._whole(unit, _find(unit, version))

    def page(self, merchant_id: str, _: None, after: str | None, limit: int) -> tuple[list[Document], str | None]:
        """At most `limit` versions, newest first, without their texts; and where the next page begins."""
        with self._store.reading(merchant_id) as unit:
            found = unit.policies.before(int(after) if after else None, limit + 1)
            if not found and after is None:
                found = [first_version(_merchant(unit))[0]]
        shown = [document(version, self._clock()) for version in found[:limit]]
        return shown, str(found[limit - 1].version) if len(found) > limit else None

    def diff(self, merchant_id: str, before: int, after: int) -> Document:
        """What changed between two versions, in words, and what it does to the golden cases; NotFound."""
        with self._store.reading(merchant_id) as unit:
            texts = [_text(unit, _find(unit, version)) for version in (before, after)]
        return {"before": before, "after": after, **compare(*texts)}

    def _change(
        self,
        merchant_id: str,
        by: Author,
        work: Callable[[UnitOfWork], Done],
        idempotency: Idempotency | None = None,
        about: str = "",
    ) -> Answer:
        """Do the work while nobody else changes the merchant's policies; a name without a key repeats nothing."""

        def alone(unit: UnitOfWork) -> Done:
            unit.lock({LOCK})
            if by.is_key and not unit.api_keys.usable({by.name}, self._clock()):  # it was, before we waited
                raise Unauthenticated
            return work(unit)

        if by.is_key:
            return self._once.run(merchant_id, by.name, idempotency, lambda unit, _: alone(unit), about)
        with self._store.writing(merchant_id) as unit:
            return alone(unit)[0]

    def _done(self, unit: UnitOfWork, status_code: int, version: PolicyVersion) -> Done:
        return Answer(status_code, dump(self._whole(unit, version))), str(version.version)

    def _whole(self, unit: UnitOfWork, version: PolicyVersion) -> Document:
        return {**document(version, self._clock()), "text": _text(unit, version)}


def document(version: PolicyVersion, now: datetime) -> Document:
    """A version as it is answered, without its text."""
    return {
        "version": version.version,
        "name": version.name,
        "status": version.status,
        "deciding": version.decides_at(now),
        "revision": version.revision,
        "sha256": version.sha256,
        "created_at": moment(version.created_at),
        "created_by": version.created_by,
        "changed_at": moment(version.changed_at),
        "changed_by": version.changed_by,
        "active_from": version.active_from and moment(version.active_from),
        "activated_at": version.activated_at and moment(version.activated_at),
        "activated_by": version.activated_by,
        "retired_at": version.retired_at and moment(version.retired_at),
    }


def finding(problem: Problem) -> Document:
    """A problem or a warning as it is answered: its place in the text, the rule, the reason and what to do."""
    return {
        "line": problem.mark.line,
        "column": problem.mark.column,
        "path": problem.dotted,
        "code": problem.finding.code,
        "reason": problem.finding.reason,
        "advice": problem.finding.advice,
    }


def compare(before: str, after: str) -> Document:
    """What changed between two texts that were proved, in words, and in each golden case."""
    old, new = stored_document(before), stored_document(after)
    said = [{"path": change.path, "text": change.text} for change in changes(old, new)]
    cases = golden.compare(to_policy(old), to_policy(new))
    return {"changes": said, "golden": list(map(_compared, cases))}


def _compared(case: golden.Comparison) -> Document:
    shown = {"case": case.case, "changed": case.changed}
    return {**shown, "before": _outcome(case.before), "after": _outcome(case.after)}


def _outcome(outcome: golden.Outcome | str) -> Document:
    if isinstance(outcome, str):
        return {"refused": outcome}
    return {
        "mode": outcome.mode,
        "band": outcome.band,
        "goodwill": money(outcome.currency, "en", outcome.goodwill),
        "worth": money(outcome.currency, "en", outcome.worth),
        "options": outcome.options,
        "default_option": outcome.default_option,
        "approval": outcome.approval,
    }


def _end(unit: UnitOfWork, version: PolicyVersion, at: datetime) -> None:
    """End a version at that moment where it would decide longer; one that has not begun by then never will."""
    if version.active_from is not None and (version.retired_at is None or version.retired_at > at):
        status = move(version.status, PolicyAction.RETIRE)
        unit.policies.retire(replace(version, status=status, retired_at=max(at, version.active_from)))


def _settle_first(unit: UnitOfWork) -> None:
    """Keep the default as a merchant's first version, where the merchant was made before there were versions."""
    if not unit.policies.last():
        unit.policies.add(*first_version(_merchant(unit)))


def _find(unit: UnitOfWork, version: int) -> PolicyVersion:
    found = unit.policies.get(version)
    if found is None and version == FIRST and not unit.policies.last():
        return first_version(_merchant(unit))[0]
    if found is None:
        raise NotFound
    return found


def _expected(unit: UnitOfWork, version: int, revision: str | None) -> PolicyVersion:
    found = _find(unit, version)
    if revision is not None and revision != found.revision:
        raise ChangedMeanwhile
    return found


def _text(unit: UnitOfWork, version: PolicyVersion) -> str:
    return unit.policies.text(version.version) or default_text()


def _merchant(unit: UnitOfWork) -> Merchant:
    found = unit.merchants.find()
    if found is None:
        raise NotFound
    return found
