"""Further rules, written to try the language on trades that the published casebooks do not know."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from compensation_service.decision.schemes.evaluate import evaluate
from compensation_service.policies.schemes.load import load_scheme

EXTRA = Path(__file__).parent / "extra"
EXAMPLES = Path(__file__).parents[2] / "examples/schemes"
CASES = [
    pytest.param(book.stem, case, id=f"{book.stem}-{number}")
    for book in sorted(EXTRA.glob("*.json"))
    for number, case in enumerate(json.loads(book.read_text(encoding="utf-8")), 1)
]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_a_rule_of_another_trade_comes_out_exactly(name, case):
    beside = EXTRA / f"{name}.yaml"
    result = evaluate(load_scheme(beside if beside.exists() else EXAMPLES / beside.name), case["facts"])
    assert list(result.needs) == case.get("needs", [])
    if "amount" in case:
        assert result.amount_minor == int(Decimal(case["amount"]) * 100), result.steps
    if "remedies" in case:
        assert list(result.remedies) == case["remedies"]
    assert case.get("outputs", {}).items() <= result.outputs.items()
    if "due" in case:
        assert [str(component.due.date) for component in result.components] == [case["due"]]
    assert all(result.steps)
