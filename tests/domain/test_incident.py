"""What callers can ask of an incident."""

import pytest

from compensation_service.domain import incident
from compensation_service.domain.errors import IllegalMove
from compensation_service.domain.incident import IncidentAction, IncidentStatus


@pytest.mark.parametrize(
    ("status", "action", "allowed"),
    [
        (IncidentStatus.OFFERED, IncidentAction.CLOSE, ()),
        (IncidentStatus.OPEN, IncidentAction.REOPEN, ("offer", "settle", "close")),
        (IncidentStatus.CLOSED, IncidentAction.SETTLE, ("reopen",)),
    ],
)
def test_a_refusal_names_what_a_caller_can_do(status, action, allowed):
    with pytest.raises(IllegalMove) as refused:
        incident.ask(status, action)
    assert refused.value.allowed == allowed


def test_what_can_be_done_is_done():
    assert incident.ask(IncidentStatus.OPEN, IncidentAction.CLOSE) is IncidentStatus.CLOSED
