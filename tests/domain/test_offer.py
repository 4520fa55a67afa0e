"""In which status an offer begins."""

from dataclasses import fields

import pytest

from compensation_service.decision.engine import Decision
from compensation_service.decision.facts import RemedyKind
from compensation_service.decision.guards import Approval
from compensation_service.decision.options import Option, Remedy
from compensation_service.decision.policy import Role
from compensation_service.domain.offer import OfferStatus, initial_status

APOLOGY = Remedy(RemedyKind.APOLOGY, None, 0, None)
CREDIT = Remedy(RemedyKind.STORE_CREDIT, 500, 400, None)
APPROVAL = Approval(Role.LEAD, ())


def decision(*bundles: tuple[Remedy, ...], approval: Approval | None = None) -> Decision:
    options = tuple(Option(f"opt_{number}", bundle, 0) for number, bundle in enumerate(bundles, 1))
    untouched = dict.fromkeys(field.name for field in fields(Decision))
    return Decision(**(untouched | {"options": options, "approval": approval}))


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (decision((CREDIT, APOLOGY)), OfferStatus.OPEN),
        (decision((APOLOGY,), (CREDIT,)), OfferStatus.OPEN),
        (decision((APOLOGY,)), OfferStatus.INFORMATIONAL),
        (decision((CREDIT,), approval=APPROVAL), OfferStatus.PENDING_APPROVAL),
        (decision((APOLOGY,), approval=APPROVAL), OfferStatus.PENDING_APPROVAL),
    ],
)
def test_where_an_offer_begins(made, status):
    assert initial_status(made) is status
