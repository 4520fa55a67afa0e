"""Versions of a merchant's policy in the store. Their texts are long, so they are read by themselves."""

from datetime import datetime

from sqlalchemy import bindparam, func, or_

from compensation_service.domain.policy_version import PolicyStatus, PolicyVersion
from compensation_service.store.scope import Scope, columns_of, scoped, scoped_update
from compensation_service.store.tables import policies

_COLUMNS = columns_of(policies, PolicyVersion)
_ALL = scoped(policies, columns=_COLUMNS)
_IS_IT = policies.c.version == bindparam("of_version")
_ONE = _ALL.where(_IS_IT)
_TEXT = scoped(policies, columns=[policies.c.text, policies.c.frozen]).where(_IS_IT)
_LAST = scoped(policies, columns=[func.max(policies.c.version)])
_NEWEST_FIRST = (
    _ALL.where(policies.c.version < bindparam("before")).order_by(policies.c.version.desc()).limit(bindparam("most"))
)
_DECIDING = _ALL.where(
    policies.c.active_from.is_not(None),
    or_(policies.c.retired_at.is_(None), policies.c.retired_at > policies.c.active_from),
).order_by(policies.c.active_from)
_DECIDING_AT = _DECIDING.where(or_(policies.c.retired_at.is_(None), policies.c.retired_at > bindparam("at"))).limit(1)
_IS_DRAFT = policies.c.status == PolicyStatus.DRAFT
_CHANGE = (
    scoped_update(policies)
    .where(_IS_IT, _IS_DRAFT)
    .values(
        {name: bindparam(f"new_{name}") for name in ("name", "text", "frozen", "sha256", "changed_at", "changed_by")}
    )
)
_ACTIVATE = (
    scoped_update(policies)
    .where(_IS_IT, _IS_DRAFT)
    .values({name: bindparam(f"new_{name}") for name in ("status", "active_from", "activated_at", "activated_by")})
)
_RETIRE = (
    scoped_update(policies).where(_IS_IT).values({name: bindparam(f"new_{name}") for name in ("status", "retired_at")})
)
_VERSION_MOST = 2**62


class Policies:
    """The versions of the merchant's policy."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def get(self, version: int) -> PolicyVersion | None:
        """Answer one version, or None."""
        rows = self._scope.rows(_ONE, of_version=version)
        return PolicyVersion(*rows[0]) if rows else None

    def text(self, version: int) -> str | None:
        """Answer the text of one version as it was written, or None."""
        rows = self._scope.rows(_TEXT, of_version=version)
        return str(rows[0].text) if rows else None

    def frozen(self, version: int) -> str:
        """Answer what was frozen with a version: what it depends on besides its text; empty where that is nothing."""
        rows = self._scope.rows(_TEXT, of_version=version)
        return str(rows[0].frozen) if rows else ""

    def last(self) -> int:
        """Answer the highest version there is; 0 where there is none."""
        return int(self._scope.rows(_LAST)[0][0] or 0)

    def before(self, version: int | None, most: int) -> list[PolicyVersion]:
        """Answer so many versions at most, newest first, from below `version` on."""
        rows = self._scope.rows(_NEWEST_FIRST, before=_VERSION_MOST if version is None else version, most=most)
        return [PolicyVersion(*row) for row in rows]

    def deciding(self) -> tuple[PolicyVersion, ...]:
        """Answer every version that has, had or will have its time, in the order of their times; the last is open."""
        return tuple(PolicyVersion(*row) for row in self._scope.rows(_DECIDING))

    def deciding_at(self, at: datetime) -> PolicyVersion | None:
        """Answer the version that decides at that moment, the first one if its time had not come; None without any."""
        rows = self._scope.rows(_DECIDING_AT, at=at)
        return PolicyVersion(*rows[0]) if rows else None

    def add(self, new: PolicyVersion, text: str, frozen: str = "") -> None:
        """Add a version of the unit's merchant, with what is frozen beside its text."""
        self._scope.add(policies, [new], text=text, frozen=frozen)

    def change(self, draft: PolicyVersion, text: str, frozen: str = "") -> None:
        """Give a draft another text, and what is frozen beside it; the record says by whom and when."""
        changed = {f"new_{name}": getattr(draft, name) for name in ("name", "sha256", "changed_at", "changed_by")}
        self._one(self._scope.change(_CHANGE, of_version=draft.version, new_text=text, new_frozen=frozen, **changed))

    def activate(self, version: PolicyVersion) -> None:
        """Keep who activated a draft, and from when on it decides."""
        names = ("status", "active_from", "activated_at", "activated_by")
        changed = {f"new_{name}": getattr(version, name) for name in names}
        self._one(self._scope.change(_ACTIVATE, of_version=version.version, **changed))

    def retire(self, version: PolicyVersion) -> None:
        """Keep when a version ends."""
        changed = {f"new_{name}": getattr(version, name) for name in ("status", "retired_at")}
        self._one(self._scope.change(_RETIRE, of_version=version.version, **changed))

    def _one(self, changed: int) -> None:
        if changed != 1:
            raise LookupError("the version that was read is not there to be changed: the unit did not hold its lock")
