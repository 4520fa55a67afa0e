"""By when each step is due. The same for every customer; repeated trouble is answered as fast as the worst."""

from datetime import datetime

from compensation_service.decision.case import Case
from compensation_service.decision.record import record
from compensation_service.decision.severity import Severity
from compensation_service.decision.times import in_utc


@record
class Clocks:
    """Moments in UTC. Acknowledging and deciding count from the report, the rest from the decision."""

    acknowledge_by: datetime
    respond_by: datetime
    carry_out_by: datetime
    follow_up_at: datetime
    expires_at: datetime


def wind(case: Case, severity: Severity) -> Clocks:
    """Set the clocks of a case."""
    terms, decided_at = case.policy.clocks, in_utc(case.facts.decided_at)
    hurried = severity.repeats >= terms.hurried_from_repeats
    acknowledge, decide, carry_out, follow_up = terms.spans[terms.hurried if hurried else severity.band]
    reported_at = in_utc(case.facts.incident.reported_at or decided_at)
    return Clocks(
        acknowledge_by=reported_at + acknowledge,
        respond_by=reported_at + decide,
        carry_out_by=decided_at + carry_out,
        follow_up_at=decided_at + follow_up,
        expires_at=decided_at + terms.offer_stands,
    )
