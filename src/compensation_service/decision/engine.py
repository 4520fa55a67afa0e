"""decide(facts, policy): the page a new engineer reads first."""

from datetime import datetime
from decimal import localcontext

from compensation_service.decision import clocks, entitlement, goodwill, guards, loyalty, options, severity
from compensation_service.decision.case import open_case
from compensation_service.decision.clocks import Clocks
from compensation_service.decision.entitlement import Entitlement
from compensation_service.decision.exact import EXACT
from compensation_service.decision.facts import Facts
from compensation_service.decision.goodwill import Amount, Goodwill
from compensation_service.decision.guards import Approval
from compensation_service.decision.loyalty import Loyalty
from compensation_service.decision.options import Bundles
from compensation_service.decision.policy import Mode, Policy
from compensation_service.decision.reasons import Reason
from compensation_service.decision.record import record
from compensation_service.decision.schemes.result import SchemeResult
from compensation_service.decision.severity import Severity


@record
class Decision:
    """What is owed, what is fair on top, in which forms, and why. All money is in minor units of `currency`."""

    policy: tuple[str, int]
    decided_at: datetime
    currency: str
    mode: Mode
    severity: Severity
    loyalty: Loyalty
    entitlements: tuple[Entitlement, ...]
    schemes: tuple[SchemeResult, ...]
    goodwill: Goodwill
    amount: Amount
    options: Bundles
    default_option: str
    guards: tuple[Reason, ...]
    approval: Approval | None
    clocks: Clocks


def decide(facts: Facts, policy: Policy) -> Decision:
    """Decide one incident. The same facts and the same policy give the same decision for ever.

    Raises UnusableFacts where this policy cannot decide on these facts.
    """
    with localcontext(EXACT):
        case = open_case(facts, policy)
        serious = severity.assess(case)
        loyal = loyalty.assess(case)
        fair = goodwill.assess(case, serious, loyal)

        owed = entitlement.establish(case)
        amount = goodwill.offered(case, fair, owed.compensatory)

        menu = options.build(case, serious.band, amount.minor, owed, guards.habits(case))
        signals = guards.claims(case)
        limited = (amount.limited_by,) if amount.limited_by else ()
        return Decision(
            policy=(policy.name, policy.version),
            decided_at=facts.decided_at,
            currency=case.currency.code,
            mode=case.mode,
            severity=serious,
            loyalty=loyal,
            entitlements=owed.entitlements,
            schemes=owed.tried,
            goodwill=fair,
            amount=amount,
            options=menu.options,
            default_option=menu.default,
            guards=(*limited, *menu.guards, *signals),
            approval=guards.approval(case, serious, amount.minor, signals),
            clocks=clocks.wind(case, serious),
        )
