"""Which of a policy's schemes are tried in a case. Amounts and dates do not enter: the same words, the same trial."""

from compensation_service.decision.case import Case
from compensation_service.decision.facts import CustomerKind
from compensation_service.decision.policy import AdoptedScheme
from compensation_service.decision.record import record
from compensation_service.decision.schemes.facts import Rows
from compensation_service.decision.schemes.scheme import INCIDENT_DATE, Scheme


@record
class Trial:
    """The schemes that are tried, each with what can be told of its facts, and the standard facts that they take.

    `without_country` are laws that may apply: which of them depends on a country that nobody told.
    """

    schemes: tuple[tuple[Scheme, Rows], ...]
    takes: tuple[str, ...]
    without_country: tuple[Scheme, ...]


def trial_for(case: Case) -> Trial:
    """The trial for such a case; made once, for most policies adopt many schemes and few of them concern a case."""
    order, incident = case.facts.order, case.facts.incident
    given = frozenset(incident.attributes)
    if order is not None and order.attributes:
        given = given.union(order.attributes)
    circumstances = (case.category.code, case.facts.customer.kind, order.country if order is not None else None, given)
    trials = case.policy.trials
    trial: Trial | None = trials.get(circumstances)
    return trial or trials.keep(circumstances, _made(case.policy.schemes, *circumstances))


def _made(
    adoptions: tuple[AdoptedScheme, ...],
    category: str,
    customer: CustomerKind,
    country: str | None,
    given: frozenset[str],
) -> Trial:
    concerned = [
        adopted
        for adopted in adoptions
        if (not adopted.categories or category in adopted.categories)
        and adopted.if_given <= given
        and not (adopted.consumers_only and customer is not CustomerKind.CONSUMER)
    ]
    tried = tuple(item.scheme for item in concerned if not item.countries or country in item.countries)
    takes = dict.fromkeys(terms.takes for scheme in tried for terms in scheme.facts.values() if terms.takes)
    told = {INCIDENT_DATE, *given, *takes}
    unknown = [item.scheme for item in concerned if item.countries and country is None]
    return Trial(tuple((scheme, scheme.form.rows(told)) for scheme in tried), tuple(takes), tuple(unknown))
