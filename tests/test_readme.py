"""README says what the code does: its generated parts are as `make readme` would write them now."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[1]
TOOL = runpy.run_path(str(ROOT / "tools" / "readme.py"))


def test_the_generated_parts_are_current():
    text = (ROOT / "README.md").read_text("utf-8")
    assert TOOL["render"](text) == text, "run `make readme`"


def test_every_setting_is_in_the_table():
    text = (ROOT / "README.md").read_text("utf-8")
    assert text.count("| `COMPENSATION_") == len(TOOL["Settings"].model_fields)


def test_json_is_laid_out_and_still_the_same():
    value = {"a": [{"b": "c" * 100, "d": "e" * 100}, 1], "f": {}, "g": []}
    text = TOOL["compact"](value)
    assert TOOL["json"].loads(text) == value
    assert max(map(len, text.splitlines())) < 140


def test_every_file_it_points_to_is_there():
    for name in ("README.md", "CONTRIBUTING.md", "docs/operations.md"):
        page = ROOT / name
        for target in TOOL["re"].findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).is_file(), f"{name} points to {target}"
