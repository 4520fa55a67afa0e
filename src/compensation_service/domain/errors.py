"""Everything that can go wrong by rule, as one tree.

CompensationError
├── NotFound                      it is not there, or belongs to another merchant
├── Conflict                      it cannot be done in the present state
│   ├── IllegalMove               the status does not allow the move
│   │   ├── TooLate               it did until the time ran out
│   │   └── CounteredTooOften     it did until the customer had asked for something else often enough
│   ├── Erased                    what identified a person was erased, and with it what this asks for
│   ├── ChangedMeanwhile          it is not as it was when it was read
│   ├── ApproverIsRequester       whoever asked for something cannot agree to it
│   ├── BudgetExhausted           the budget cannot bear it
│   ├── ApprovalNeeded            more than can be given without a person's approval
│   └── IdempotencyInProgress     the same request is being worked on
├── Unprocessable                 understood, and refused
│   └── IdempotencyKeyReused      the key came with another body before
├── Unauthenticated               no valid key
├── Forbidden                     a valid key that lacks the scope
├── AuthorityNeeded               a valid key whose role has not the authority
├── BadCursor                     a cursor that this service did not give out for this list
└── Unavailable                   not now; the same request may succeed later
    ├── StoreUnavailable          the database cannot be reached or does not answer in time; nothing was written
    ├── OutcomeUnknown            the connection was lost while committing: it may or may not have happened
    └── Overloaded                too many requests wait already; nothing was written
"""

from collections.abc import Sequence
from typing import ClassVar


class CompensationError(Exception):
    """The root. `code` is stable, `detail` is a sentence for people that never repeats what the caller sent."""

    code: str = "error"
    recorded: ClassVar[bool] = False
    """Whether this is an answer of the business: kept with the idempotency key, and given again to the same request.

    A conflict is, unless it says otherwise; what may be right at the next try, or was never understood, is not.
    """

    def __init__(self, detail: str, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if code is not None:
            self.code = code


class NotFound(CompensationError):
    """There is no such thing for this merchant."""

    code = "not_found"

    def __init__(self, detail: str = "There is no such thing.") -> None:
        super().__init__(detail)


class Conflict(CompensationError):
    """The present state does not allow it."""

    code = "conflict"
    recorded = True


class IllegalMove(Conflict):
    """The status does not allow the move; `allowed` are the moves that it does."""

    code = "illegal_move"

    def __init__(self, status: str, allowed: Sequence[str]) -> None:
        moves = ", ".join(allowed) or "none"
        super().__init__(f"This cannot be done while the status is {status}; possible moves: {moves}.")
        self.status = status
        self.allowed = tuple(allowed)


class TooLate(IllegalMove):
    """The status allowed the move until the time ran out; `allowed` are the moves that do not depend on time."""

    code = "too_late"


class CounteredTooOften(IllegalMove):
    """An offer goes back and forth so often and no more; `allowed` are the other moves."""

    code = "countered_too_often"


class Erased(Conflict):
    """What identified a person was erased, and with it what this asks for."""

    code = "erased"

    def __init__(self) -> None:
        super().__init__("The facts of this decision were erased with what identified the customer.")


class ChangedMeanwhile(Conflict):
    """It is not as it was when it was read."""

    code = "precondition_failed"
    recorded = False  # read again, the same request can be right

    def __init__(self) -> None:
        super().__init__("It was changed since you read it; read it again.")


class ApproverIsRequester(Conflict):
    """Whoever asked for an offer can neither approve nor reject it."""

    code = "approver_is_requester"

    def __init__(self) -> None:
        super().__init__("The key that asked for this offer cannot judge it; use the key of somebody else.")


class BudgetExhausted(Conflict):
    """A budget that covers this has not so much left."""

    code = "budget_exhausted"

    def __init__(self) -> None:
        super().__init__("The budget has not so much left; give less, or raise its limit.")


class ApprovalNeeded(Conflict):
    """With what the customer was given before, this is more than can be given without a person's approval."""

    code = "approval_needed"

    def __init__(self) -> None:
        super().__init__("With what was given to this customer before, a person of authority has to agree to it first.")


class IdempotencyInProgress(Conflict):
    """A request with the same idempotency key is being worked on and not finished yet."""

    code = "idempotency_in_progress"
    recorded = False  # it is about the other one

    def __init__(self) -> None:
        super().__init__("A request with this idempotency key is running; repeat it in a moment.")


class Unprocessable(CompensationError):
    """The request is understood and refused; `pointer` is the JSON pointer of the reason."""

    code = "unprocessable"

    def __init__(self, pointer: str, code: str, detail: str) -> None:
        super().__init__(detail, code)
        self.pointer = pointer


class IdempotencyKeyReused(Unprocessable):
    """The same idempotency key came with another body before."""

    def __init__(self) -> None:
        detail = "This idempotency key was used with another request before; use a new key for a new request."
        super().__init__("", "idempotency_key_reused", detail)


class Unauthenticated(CompensationError):
    """The request carries no key, or one that is unknown, revoked or expired; which of them is not said."""

    code = "unauthenticated"

    def __init__(self, detail: str = "A valid API key is needed: Authorization: Bearer cmp_…") -> None:
        super().__init__(detail)


class Forbidden(CompensationError):
    """The key is valid and lacks `scope`."""

    code = "forbidden"

    def __init__(self, scope: str) -> None:
        super().__init__(f"This key lacks the scope {scope}.")
        self.scope = scope


class AuthorityNeeded(CompensationError):
    """The key is valid and its role is below `role`."""

    code = "authority_needed"

    def __init__(self, role: str) -> None:
        super().__init__(f"This needs a key whose role is {role} or above.")
        self.role = role


class BadCursor(CompensationError):
    """The cursor was not given out by this service for this list, this merchant and these filters."""

    code = "bad_cursor"

    def __init__(self, detail: str = "This cursor does not belong to this list; begin again without it.") -> None:
        super().__init__(detail)


class Unavailable(CompensationError):
    """Not now. The same request may be repeated after `retry_after_s` seconds."""

    code = "unavailable"
    sentence: ClassVar[str] = "The service cannot do this at the moment; try again."

    def __init__(self, retry_after_s: int = 1) -> None:
        super().__init__(self.sentence)
        self.retry_after_s = retry_after_s


class StoreUnavailable(Unavailable):
    """The database cannot be reached or does not answer in time. Nothing was written."""

    code = "store_unavailable"
    sentence = "The database is not available at the moment; nothing was stored, try again."


class OutcomeUnknown(Unavailable):
    """The connection was lost while committing: repeating with the same key or reference finds out what happened."""

    code = "outcome_unknown"
    sentence = "This may or may not have been stored; repeat it with the same idempotency key or reference to find out."


class Overloaded(Unavailable):
    """More requests wait than can be served in time. Nothing was written."""

    code = "overloaded"
    sentence = "Too many requests at the moment; nothing was stored, try again."
