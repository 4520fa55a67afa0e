"""By when each step is due. The same for every customer; repeated trouble is answered as fast as the worst."""

from datetime import datetime, timedelta

from compensation_service.decision.case import Case
from compensation_service.decision.record import record
from compensation_service.decision.severity import Severity


@record
class Clocks:
    """Aware moments. Acknowledging and deciding count from the report, the rest from the decision."""

    acknowledge_by: datetime
    respond_by: datetime
    carry_out_by: datetime
    follow_up_at: datetime
    expires_at: datetime


def wind(case: Case, severity: Severity) -> Clocks:
    """Set the clocks of a case."""
    terms, decided_at = case.policy.clocks, case.facts.decided_at
    hurried = severity.repeats >= terms.hurried_from_repeats
    row = terms.by_band[terms.hurried if hurried else severity.band]
    reported_at = case.facts.incident.reported_at or decided_at
    return Clocks(
        acknowledge_by=reported_at + timedelta(hours=row.acknowledge),
        respond_by=reported_at + timedelta(hours=row.decide),
        carry_out_by=decided_at + timedelta(hours=row.carry_out),
        follow_up_at=decided_at + timedelta(hours=row.follow_up),
        expires_at=decided_at + timedelta(days=terms.offer_days),
    )
