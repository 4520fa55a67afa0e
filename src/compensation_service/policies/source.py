"""The text of a policy as data that knows its lines. JSON is read too: it is YAML.

Numbers become int or Decimal from their very text and never pass through a float. Only `true`, `false`, `null` and
plain numbers are more than text: `no` and `1:30` stay what they look like.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

import yaml
from yaml.composer import Composer

from compensation_service.policies.problems import Finding, Mark, Path, PolicyRefused, Problem

TEXT_MAX = 1_000_000
"""Characters; a policy is a few hundred lines."""

TAG_ADVICE = "Leave out what begins with `!`, or put quotes around it."

_WORDS = {"true": True, "false": False, "null": None, "": None}
_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "map", "seq")}
_APART = re.compile("[\t\ufeff]")
"""Signs of which the two readers think differently."""
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,29})")
_DECIMAL = re.compile(r"-?(0|[1-9]\d{0,29})\.\d{1,30}")


@dataclass(frozen=True, slots=True)
class Source:
    """The data of a text, and where each key and value of it stands."""

    name: str
    data: object
    marks: dict[Path, Mark]

    def problem(self, finding: Finding) -> Problem:
        """Place a finding; where its path does not exist, at the nearest thing around it that does."""
        path = finding.path
        while path not in self.marks:
            path = path[:-1]
        return Problem(self.name, self.marks[path], finding)


def read_source(text: str, name: str) -> Source:
    """Read YAML or JSON; PolicyRefused where it is neither, says a key twice, or uses aliases."""
    if len(text) > TEXT_MAX:
        raise _refused(name, Mark(1, 1), "the text is too long.", f"Keep it under {TEXT_MAX} characters.")
    try:
        node = _tree(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)
        raise _refused(name, place, f"not YAML: {error.problem}.", "Mend the notation here.") from error
    except yaml.YAMLError as error:
        raise _refused(name, Mark(1, 1), "not YAML: a character that no text has.", "Save it as UTF-8 text.") from error
    except RecursionError as error:
        raise _refused(name, Mark(1, 1), "nested too deeply.", "A policy has fewer than ten levels.") from error
    if node is None:
        raise _refused(name, Mark(1, 1), "there is nothing in it.", "Start from the default policy.")
    reader = _Reader(name)
    data = reader.value(node, ())
    if reader.twice:
        raise PolicyRefused(reader.twice)
    return Source(name, data, reader.marks)


def _tree(text: str) -> yaml.Node | None:
    """Read with libyaml, eight times as quick; what it refuses again without, for the words and places that we tell."""
    if not _APART.search(text):
        with suppress(yaml.YAMLError, UnicodeEncodeError):
            return yaml.compose(text, Loader=_QuickLoader)
    return yaml.compose(text, Loader=_Loader)


class _Loader(yaml.BaseLoader):
    """Builds the tree of a text, without aliases: a policy says each thing where it stands."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            said = "an alias stands for something else"
            raise yaml.composer.ComposerError(None, None, said, self.get_mark())
        return super().compose_node(parent, index)


class _QuickLoader(Composer, yaml.CBaseLoader):
    """Builds the same tree from what libyaml reads."""

    def __init__(self, text: str) -> None:
        yaml.CBaseLoader.__init__(self, text)
        Composer.__init__(self)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError
        return super().compose_node(parent, index)


class _Reader:
    """Turns a tree into data, noting where everything stands and which keys come twice."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.marks: dict[Path, Mark] = {}
        self.twice: list[Problem] = []

    def value(self, node: yaml.Node, path: Path) -> object:
        self.marks[path] = _mark(node)
        if node.tag not in _TAGS:
            raise _refused(self.name, _mark(node), "a tag changes what is written.", TAG_ADVICE)
        if isinstance(node, yaml.MappingNode):
            return dict(self._items(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, place)) for place, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)  # noqa: S101 — the third and last kind of node
        return _scalar(node)

    def _items(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, object]]:
        seen = set()
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if not isinstance(key_node, yaml.ScalarNode):
                raise _refused(self.name, _mark(key_node), "a key must be a word.", "Write a word before the colon.")
            if key in seen:
                finding = Finding((*path, key), "duplicate_key", "this key stands here twice.", "Keep one of the two.")
                self.twice.append(Problem(self.name, _mark(key_node), finding))
            seen.add(key)
            yield key, self.value(value_node, (*path, key))
            if not isinstance(value_node, yaml.ScalarNode):
                self.marks[*path, key] = _mark(key_node)


def _scalar(node: yaml.ScalarNode) -> object:
    text: str = node.value
    if node.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


def _mark(node: yaml.Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)


def _refused(name: str, mark: Mark, reason: str, advice: str) -> PolicyRefused:
    return PolicyRefused([Problem(name, mark, Finding((), "unreadable", reason, advice))])
