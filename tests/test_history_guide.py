"""The guide to the history answers what operations ask: its answers are those that the service gives now."""

import json
import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[1]
TOOL = runpy.run_path(str(ROOT / "tools" / "history_guide.py"))
GUIDE = TOOL["GUIDE"].read_text("utf-8")


def answered(name):
    part = re.search(rf"<!-- begin {name} -->\n```json\n(.*?)```", GUIDE, re.DOTALL)[1]
    decoder, rows = json.JSONDecoder(), []
    while part.strip():
        row, end = decoder.raw_decode(part.lstrip())
        rows.append(row)
        part = part.lstrip()[end:]
    return rows


def test_the_answers_are_current():
    assert TOOL["render"](GUIDE) == GUIDE, "run `make docs`"


def test_each_question_is_answered():
    assert [each["reference"] for each in answered("october")[0]["data"]] == ["HD-4001"]
    story = answered("story")
    assert [(each["reference"], each["paid_minor"]) for each in story] == [("HD-4001", 1200), ("HD-4002", 3200)]
    assert [each["reference"] for each in answered("closed")[0]["data"]] == ["HD-4004"]
