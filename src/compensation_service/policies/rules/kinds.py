"""What a kind is worth follows from its form."""

from collections.abc import Iterator

from compensation_service.decision.entitlement import PUTS_RIGHT
from compensation_service.decision.facts import RemedyKind
from compensation_service.decision.policy import Form
from compensation_service.policies.document import KindTerms, PolicyDocument
from compensation_service.policies.problems import Finding


def check(document: PolicyDocument) -> Iterator[Finding]:
    """All kinds of a policy."""
    for kind, terms in document.kinds.items():
        yield from _form(kind, terms)
        yield from _factor(kind, terms)
        if terms.form is Form.MONEY and (terms.soft or terms.voucher):
            reason = "money does not wear off and need not be redeemed."
            yield Finding(("kinds", kind.value), "money_is_money", reason, "Remove `soft` and `voucher`.")


def _form(kind: RemedyKind, terms: KindTerms) -> Iterator[Finding]:
    if (terms.form is Form.PUTS_RIGHT) != (kind in PUTS_RIGHT):
        names = ", ".join(PUTS_RIGHT)
        reason = f"the form `puts_right` belongs to {names} and to nothing else."
        yield Finding(("kinds", kind.value, "form"), "form_of_kind", reason, "Take the form that the kind has.")


def _factor(kind: RemedyKind, terms: KindTerms) -> Iterator[Finding]:
    path = ("kinds", kind.value, "factor")
    if terms.form is Form.ATTENTION and terms.factor:
        yield Finding(path, "attention_carries_money", "attention carries no money.", "Write 0 here.")
    if terms.form is Form.MONEY and terms.factor != 1:
        yield Finding(path, "money_is_money", "money is worth what it says.", "Write 1 here.")
    if terms.form not in (Form.ATTENTION, Form.MONEY) and terms.factor < 1:
        reason = "its face value would be below the cash worth that was decided."
        yield Finding(path, "factor_below_one", reason, "Write at least 1 here.")
