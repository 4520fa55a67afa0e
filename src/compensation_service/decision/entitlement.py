"""What is owed. Loyalty, signals of abuse, budgets, caps and approvals never come near this half."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime

from compensation_service.decision.case import Case, affected_value
from compensation_service.decision.facts import Fault, RemedyKind
from compensation_service.decision.policy import Mode
from compensation_service.decision.reasons import Reason
from compensation_service.decision.record import record

RESTITUTION = "restitution"
"""The policy's own rule: money back for a thing that was not had."""

PUTS_RIGHT = (RemedyKind.REPLACEMENT, RemedyKind.REDELIVERY, RemedyKind.REPAIR, RemedyKind.CORRECTION)
"""What puts the thing itself right, in the order in which it is tried."""


@record
class Entitlement:
    """One thing owed: by which scheme, which remedies, who chooses among them, how much (minor units) and by when.

    `compensatory` tells a penalty from money back: only a compensatory amount is netted against goodwill.
    `needs` names facts without which it could not be established.
    """

    scheme: str
    reference: str
    remedies: Sequence[RemedyKind]
    choice: str
    amount: int | None
    compensatory: bool
    reason: Reason
    outputs: Mapping[str, object] = field(default_factory=dict)
    needs: Sequence[str] = ()
    due_by: datetime | None = None


def establish(case: Case) -> tuple[Entitlement, ...]:
    """Everything owed in this case."""
    restitution = _restitution(case)
    return (restitution,) if restitution else ()


def _restitution(case: Case) -> Entitlement | None:
    """Money back where the thing is not kept: the affected value and the shipping, less what was paid back already.

    Never more than was paid. Not owed by the policy's own rule where the fault is the customer's.
    """
    order = case.facts.order
    if case.mode is not Mode.REJECTED or order is None or case.facts.incident.fault is Fault.CUSTOMER:
        return None
    amount = min(affected_value(order) + order.shipping, order.total) - order.refunded
    if amount <= 0:
        return None
    remediable = case.facts.incident.remediable
    return Entitlement(
        scheme=RESTITUTION,
        reference=case.policy.name,
        remedies=(*(kind for kind in PUTS_RIGHT if kind in remediable), RemedyKind.FULL_REFUND),
        choice="customer",
        amount=amount,
        compensatory=False,
        reason=Reason(RESTITUTION, {"refunded": order.refunded, "shipping": order.shipping}),
    )
