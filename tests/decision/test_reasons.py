from decimal import Decimal

from compensation_service.decision.reasons import Factor, Operation, fold


def test_factors_work_in_their_order():
    double, at_most_three = Factor("a", {}, Decimal(2)), Factor("b", {}, Decimal(3), Operation.AT_MOST)
    assert fold([]) == 1
    assert fold([double, double]) == 4
    assert fold([double, double, at_most_three]) == 3
    assert fold([double, at_most_three, double]) == 4
    assert fold([Factor("c")]) == 1
