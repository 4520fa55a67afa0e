"""What is wrong with a policy document: where, why, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

Path: TypeAlias = tuple[str | int, ...]


def dotted(path: Path) -> str:
    """A path as a person reads it: `categories.other.ceiling`, `menus.goods.kept.low[2]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


class Mark(NamedTuple):
    """A place in a text; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule: the path of the value, a stable code, the reason and a sentence that says what to do."""

    path: Path
    code: str
    reason: str
    advice: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding at its place in a file or text called `source`."""

    source: str
    mark: Mark
    finding: Finding

    @property
    def dotted(self) -> str:
        """The path as a person reads it: `categories.other.ceiling`, `menus.goods.kept.low[2]`."""
        return dotted(self.finding.path)

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer (RFC 6901)."""
        return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in self.finding.path)

    def __str__(self) -> str:
        place = f"{self.source}:{self.mark.line}:{self.mark.column}: "
        path = f"{self.dotted}: " if self.finding.path else ""
        return f"{place}{path}{self.finding.reason} {self.finding.advice}"


class PolicyRefused(ValueError):
    """A document that must not become a policy; `problems` are all that were found, in the order of the text."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.mark))
        super().__init__("\n".join(map(str, self.problems)))
