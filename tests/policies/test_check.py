"""`policy check` on one broken file for each rule: place, reason and what to do."""

import ast
import re
import sys
from pathlib import Path

import pytest

from compensation_service import cli, policies
from compensation_service.policies.load import default_text
from policies.broken import CHANGES

ONE_EACH = {code: (old, new, path) for old, new, code, path in CHANGES}
PACKAGE = Path(policies.__file__).parent
RULES = [*PACKAGE.glob("rules/*.py"), PACKAGE / "structure.py"]


@pytest.mark.parametrize("code", ONE_EACH)
def test_a_broken_file_is_told_with_its_place_the_reason_and_what_to_do(code, tmp_path, monkeypatch, capsys):
    old, new, path = ONE_EACH[code]
    file = tmp_path / "shop.yaml"
    file.write_text(default_text().replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["compensation-service", "policy", "check", str(file)])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 2
    said = "".join(capsys.readouterr())
    [line] = re.findall(rf"^{re.escape(f'{file}:')}(\d+):\d+: {re.escape(path)}: (.+)$", said, re.MULTILINE)[:1]
    assert int(line[0]) > 1
    assert re.fullmatch(r".+\. [A-Z].+\.", line[1]), "a reason, and then what to do"


def test_there_is_a_broken_file_for_every_rule():
    calls = [call for rule in RULES for call in ast.walk(ast.parse(rule.read_text())) if isinstance(call, ast.Call)]
    told = [call.args[1] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Finding"]
    codes = {code.value for code in told if isinstance(code, ast.Constant)}
    assert len(codes) > 40
    assert codes - set(ONE_EACH) == set()
