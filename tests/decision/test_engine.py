from compensation_service.decision.goodwill import Amount
from decision.cases import NOW, decided


def test_a_decision_says_all():
    decision = decided()
    assert decision.policy == ("default", 1)
    assert (decision.currency, decision.mode) == ("EUR", "kept")
    assert decision.decided_at == NOW
    assert decision.amount == Amount(1450)
    assert (decision.entitlements, decision.guards, decision.approval) == ((), (), None)
    assert decision.clocks.expires_at > NOW
