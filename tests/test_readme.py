"""README and the guides say what the code does: generated parts are current, and what they name is there."""

import re
import runpy
from pathlib import Path

import pytest

from compensation_service.api.routes import SCOPES
from compensation_service.domain.api_key import Role, Scope
from compensation_service.domain.delivery import TYPES
from compensation_service.domain.offer import OfferStatus

ROOT = Path(__file__).parents[1]
GUIDES = sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md"))
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


def headings(page):
    """The names by which a page's headings are pointed to."""
    lines = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in lines}


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "clients/python/README.md", *GUIDES])
def test_every_place_that_a_page_points_to_is_there(name):
    page = ROOT / name
    for target, heading in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", page.read_text("utf-8")):
        pointed = (page.parent / target) if target else page
        assert pointed.is_file(), f"{name} points to {target}"
        assert not heading or heading in headings(pointed), f"{name} points to {target}#{heading}"


@pytest.mark.parametrize(
    ("name", "words"), [("operations", [*Scope, *Role]), ("webhooks", TYPES), ("offers", OfferStatus)]
)
def test_a_guide_names_every_word_there_is(name, words):
    text = (ROOT / f"docs/{name}.md").read_text("utf-8")
    assert [word for word in words if f"`{word}`" not in text] == []


def test_every_operation_that_a_page_names_is_there():
    known = {(verb, re.sub(r"{[^}]*}", "{}", path)) for verb, path in SCOPES}
    for name in ("README.md", "CHANGELOG.md", *GUIDES):
        text = (ROOT / name).read_text("utf-8")
        named = re.findall(r"\b(GET|POST|PUT|PATCH|DELETE) (/[\w{}/.-]*\w}?)", text)
        assert [each for each in named if (each[0], re.sub(r"{[^}]*}", "{}", each[1])) not in known] == [], name
