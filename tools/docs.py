"""Writes the generated parts of docs/ (references, and the cases of the guide as decided) and the JSON Schemas.

A part stands between `<!-- begin NAME -->` and `<!-- end NAME -->`. A test compares what stands there with what this
writes.
"""

import io
import json
import textwrap
from pathlib import Path
from typing import Any

from rich.console import Console

from compensation_service import printout
from compensation_service.cli.decide import preview
from compensation_service.policies import reference, schema
from compensation_service.policies.field_table import between_marks
from compensation_service.policies.load import default_text, read_document
from compensation_service.policies.problems import PolicyRefused
from compensation_service.policies.schemes import reference as schemes_reference
from compensation_service.policies.schemes import schema as schemes_schema
from compensation_service.services.policies import compare

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "policies.md"
SCHEMES = ROOT / "docs" / "schemes.md"
PACKAGE = ROOT / "src" / "compensation_service" / "policies"
EXAMPLES = ROOT / "examples" / "policies"
SHOP = EXAMPLES / "bulgarian-shop.yaml"
WIDTH = 116
FIRST_CHANGE = ("share_max: 0.30", "share_max: 0.35")
"""The first change of the guide: the first share_max of the default policy is that of late_delivery."""


def render(text: str) -> str:
    """The guide with its generated parts as they should be now."""
    late = decided("late-parcel")
    parts = {
        "refusal": _indented(_text(_refusal())),
        "promise": _yaml(_promise()),
        "first-change": _indented(_text(_changes(default_text(), default_text().replace(*FIRST_CHANGE, 1)))),
        "shop": _text(_said(compare(default_text(), SHOP.read_text("utf-8")))),
        "late-parcel-case": _case("late-parcel"),
        "late-parcel": _text(_shown(late)),
        "late-parcel-schemes": _json(late["schemes"]),
        "defective-kettle-case": _case("defective-kettle"),
        "defective-kettle": _text(_shown(decided("defective-kettle"))),
    }
    for name, part in parts.items():
        text = between_marks(text, part, name)
    return reference.with_reference(text)


def decided(name: str) -> dict[str, Any]:
    """What the example's policy decides in a case of the folder."""
    answer: dict[str, Any] = json.loads(preview((EXAMPLES / f"{name}.json").read_bytes(), SHOP, None))
    return answer


def _refusal() -> str:
    """What is said of a share above its cap."""
    try:
        read_document(default_text().replace(FIRST_CHANGE[0], "share_max: 0.45", 1), "shop.yaml")
    except PolicyRefused as refused:
        return str(refused)
    raise ValueError("a share above its cap was not refused")


def _promise() -> str:
    """The shop's own scheme as it stands in its file, under a key of its own again."""
    lines = SHOP.read_text("utf-8").splitlines()
    return "\n".join(["schemes:", *lines[lines.index("  - own:") :]])


def _changes(before: str, after: str) -> str:
    """What changed in words, and the goodwill of the golden cases that end differently."""
    compared = compare(before, after)
    changed = [case for case in compared["golden"] if case["changed"]]
    return "\n".join([_said(compared), "", *(f"{case['case']}: {_ends(case)}" for case in changed)])


def _said(compared: dict[str, Any]) -> str:
    return "\n".join(change["text"] for change in compared["changes"] if change["path"] != "name")


def _ends(case: dict[str, Any]) -> str:
    return " → ".join(case[side]["goodwill"]["display"] for side in ("before", "after"))


def _shown(document: dict[str, Any]) -> str:
    console = Console(width=WIDTH, file=io.StringIO())
    console.print(printout.offer(document))
    assert isinstance(console.file, io.StringIO)  # noqa: S101 - it is the one above
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def _case(name: str) -> str:
    return f"```json\n{(EXAMPLES / f'{name}.json').read_text('utf-8')}```\n"


def _json(value: object) -> str:
    return f"```json\n{json.dumps(value, indent=2, ensure_ascii=False)}\n```\n"


def _yaml(text: str) -> str:
    return f"```yaml\n{text}\n```\n"


def _indented(text: str) -> str:
    """As a part of a list's entry."""
    return textwrap.indent(text, "   ") + "   "


def _text(said: str) -> str:
    return f"```text\n{said}\n```\n"


if __name__ == "__main__":
    GUIDE.write_text(render(GUIDE.read_text("utf-8")), "utf-8")
    SCHEMES.write_text(schemes_reference.with_reference(SCHEMES.read_text("utf-8")), "utf-8")
    (PACKAGE / "policy.schema.json").write_text(schema.schema_text(), "utf-8")
    (PACKAGE / "schemes" / "scheme.schema.json").write_text(schemes_schema.schema_text(), "utf-8")
