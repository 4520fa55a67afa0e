"""Problem documents (RFC 9457): every kind of refusal this service knows, and how one is written down.

`type` of a problem is the address of a page that the service itself serves, built from this table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its HTTP status, a title that never changes, and what a caller can do about it."""

    status: int
    title: str
    help: str


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong in a request: a JSON pointer into the body, a stable code, a sentence."""

    pointer: str
    code: str
    detail: str


KINDS: Mapping[str, Kind] = {
    "bad_request": Kind(400, "Bad request", "The request is not what HTTP expects. Correct it before repeating it."),
    "unusable_payload": Kind(
        400,
        "Payload not readable",
        "Send JSON in UTF-8 of 32 levels and 1,000 events at most, or what the preset of the source says.",
    ),
    "empty_body": Kind(400, "Empty body", "This operation needs a JSON object as its body."),
    "invalid_json": Kind(400, "Not valid JSON", "Send one JSON value as RFC 8259 defines it."),
    "invalid_encoding": Kind(
        400, "Not valid UTF-8", "Send UTF-8 without a byte order mark, and no halves of surrogate pairs."
    ),
    "duplicate_key": Kind(400, "Duplicate key", "An object names the same key twice. Send each key once."),
    "unusable_number": Kind(
        400,
        "Unusable number",
        "NaN, Infinity, exponents and numbers of more than 19 digits are refused. Money is an integer of minor units; "
        "fractions are decimal strings.",
    ),
    "too_deep": Kind(400, "Nested too deep", "Objects and lists may be nested 32 levels deep at most."),
    "too_many_keys": Kind(400, "Too many keys", "An object may have 1,000 keys, a body 4,000 in all its objects."),
    "string_too_long": Kind(400, "String too long", "A string may be 4,096 bytes long at most."),
    "forbidden_character": Kind(
        422,
        "Forbidden character",
        "Control characters other than new line and tab, bidirectional controls and private use are refused.",
    ),
    "unknown_parameter": Kind(
        400, "Unknown query parameter", "Remove the parameter; the API description lists those that exist."
    ),
    "repeated_parameter": Kind(400, "Repeated query parameter", "Send each query parameter once."),
    "bad_cursor": Kind(
        400, "Invalid cursor", "Take the cursor unchanged from the page before, with the same filters; or begin anew."
    ),
    "invalid_idempotency_key": Kind(
        400, "Invalid Idempotency-Key", "Use 1 to 255 visible ASCII characters, and send the header once."
    ),
    "idempotency_key_missing": Kind(
        400, "Idempotency-Key missing", "Send an Idempotency-Key, or an incident reference."
    ),
    "unauthenticated": Kind(
        401, "Not authenticated", "Send `Authorization: Bearer <API key>` with a key that is valid now."
    ),
    "signature_refused": Kind(401, "Not genuine", "The request does not prove that the source sent it."),
    "forbidden": Kind(403, "Not allowed", "The key lacks the scope that this operation needs."),
    "authority_needed": Kind(403, "Not enough authority", "Use a key of the role that `detail` names, or above."),
    "not_found": Kind(404, "Not found", "Nothing is here, or nothing that this key may see."),
    "method_not_allowed": Kind(405, "Method not allowed", "The header Allow lists the methods of this path."),
    "request_too_slow": Kind(
        408, "Request too slow", "Send the head of a request within 5 seconds, its body within 15 more."
    ),
    "conflict": Kind(409, "Conflict", "The present state does not allow this. Read it again, then decide."),
    "illegal_move": Kind(
        409, "Move not allowed", "The status does not allow this move; the answer lists those it allows."
    ),
    "too_late": Kind(409, "Too late", "The time of the offer has run out; the answer lists what is still possible."),
    "approver_is_requester": Kind(
        409, "Approver is requester", "The key that asked for the offer cannot judge it: use the key of somebody else."
    ),
    "countered_too_often": Kind(
        409, "Countered too often", "This offer went back and forth often enough; the answer lists what is left to do."
    ),
    "limit_below_used": Kind(
        409, "Limit below what is used", "More is reserved or spent already: `liable` says how much at the moment."
    ),
    "budget_exhausted": Kind(
        409, "Budget exhausted", "A budget that covers this has not so much left: give less, or raise its limit."
    ),
    "approval_needed": Kind(
        409, "Approval needed", "More than can be given to this customer unasked: a person has to override the offer."
    ),
    "idempotency_in_progress": Kind(
        409, "Still running", "A request with this key is running. Repeat it after Retry-After."
    ),
    "second_person_needed": Kind(
        409, "Second person needed", "Whoever wrote a version cannot activate it: use the key of somebody else."
    ),
    "policy_version_unknown": Kind(
        409, "Policy version unknown", "The version of the policy that decided this is not kept."
    ),
    "key_is_over": Kind(409, "Key is over", "It was revoked or has expired: create a new one."),
    "key_is_replaced": Kind(409, "Key is replaced", "It was rotated before: rotate the key that replaced it."),
    "too_many_endpoints": Kind(409, "Too many webhook endpoints", "Remove endpoints that nobody needs any more."),
    "too_many_sources": Kind(409, "Too many inbound sources", "Remove sources that nobody needs any more."),
    "too_many_api_keys": Kind(409, "Too many API keys", "Revoke keys that nobody needs any more."),
    "erased": Kind(409, "Erased", "What identified the customer was erased, and with it the facts of the decision."),
    "precondition_failed": Kind(412, "Changed meanwhile", "Read it again, then repeat with the new ETag in If-Match."),
    "body_too_large": Kind(413, "Body too large", "Send less; see `detail` for the limit."),
    "unsupported_media_type": Kind(415, "Unsupported media type", "Send `Content-Type: application/json`."),
    "unsupported_encoding": Kind(415, "Unsupported content encoding", "Send the body without compression."),
    "invalid_request": Kind(422, "Request not usable", "`errors` lists each place with its reason."),
    "unusable_facts": Kind(
        422, "No decision possible", "The facts are well formed but not enough to decide on; see `errors`."
    ),
    "idempotency_key_reused": Kind(
        422, "Idempotency-Key reused", "This key was used with another body. Use a new key for a new request."
    ),
    "unusable_policy": Kind(
        422, "Policy not usable", "`findings` lists each problem with its line, its reason and what to do."
    ),
    "precondition_required": Kind(428, "If-Match missing", "Send the ETag that you read in If-Match."),
    "too_many_requests": Kind(429, "Too many requests", "Slow down; repeat after Retry-After."),
    "head_too_large": Kind(
        431, "Head too large", "Send at most 100 headers, with at most 32 KiB in the head of a request."
    ),
    "internal_error": Kind(500, "Internal error", "This is our fault; tell us the `trace_id`. A repetition may work."),
    "unavailable": Kind(503, "Unavailable", "Repeat after Retry-After, with the same Idempotency-Key."),
    "store_unavailable": Kind(
        503, "Store unavailable", "The database does not answer; nothing was changed. Repeat after Retry-After."
    ),
    "overloaded": Kind(
        503, "Overloaded", "Too many writes are waiting; nothing was changed. Repeat after Retry-After."
    ),
    "outcome_unknown": Kind(
        503, "Outcome unknown", "The change may or may not have been made. Repeat it with the same key or reference."
    ),
}
"""Every code a problem can have. Codes are part of the interface: add, never rename."""


class Problem(Exception):
    """A refusal, ready to be answered: a code of KINDS, and nothing the client sent.

    `headers` are added to the answer, `extra` are further members of the document.
    """

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.kind = KINDS[code]
        self.detail = detail or self.kind.help
        self.errors = errors
        self.headers = headers or {}
        self.extra = extra or {}


@dataclass(frozen=True, slots=True)
class ProblemAnswer:
    """A problem as it goes over the wire."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(problem: Problem, trace_id: str, public_base_url: str) -> ProblemAnswer:
    """Write a problem down."""
    document: dict[str, object] = {
        "type": f"{public_base_url}/problems/{problem.code}",
        "title": problem.kind.title,
        "status": problem.kind.status,
        "detail": problem.detail,
        "code": problem.code,
        "errors": [{"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in problem.errors],
        "trace_id": trace_id,
        **problem.extra,
    }
    return ProblemAnswer(problem.kind.status, orjson.dumps(document), problem.headers)
