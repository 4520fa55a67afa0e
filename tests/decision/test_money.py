from decimal import Decimal

import pytest

from compensation_service.decision.money import CurrencyTerms, Step, cost_of, face_value
from compensation_service.policies.load import default_policy

EUR, KWD = (default_policy().currencies[code] for code in ("EUR", "KWD"))


@pytest.mark.parametrize(
    ("exact", "neat"),
    [(300, 300), (301, 350), (Decimal("1416.201"), 1450), (1999, 2000), (2000, 2000), (2001, 2100), (9999, 10000),
     (10000, 10000), (10001, 10500)],
)  # fmt: skip
def test_an_amount_goes_up_to_the_neat_step_of_its_size(exact, neat):
    assert EUR.neat(exact, 10**9) == neat


def test_an_amount_at_a_limit_takes_the_step_above_it():
    terms = CurrencyTerms("EUR", 100, [Step(below=120, step=50), Step(below=None, step=100)])
    assert (terms.neat(119, 999), terms.neat(120, 999)) == (150, 200)


def test_neat_never_crosses_a_cap():
    assert EUR.neat(Decimal("1416.201"), Decimal("1430.9")) == 1430
    assert EUR.neat(Decimal("1416.201"), 1450) == 1450
    assert KWD.neat(9_001, 10**9) == 9_250


def test_a_face_value_is_rounded_up_and_a_cost_to_the_nearest():
    assert face_value(1450, Decimal("1.15")) == 1668
    assert face_value(100, Decimal("1.15")) == 115
    assert cost_of(1668, Decimal("0.70")) == 1168
    assert cost_of(5, Decimal("0.5")) == 2
