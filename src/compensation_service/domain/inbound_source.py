"""An inbound source: a system of the merchant's that tells us of trouble by webhook."""

from dataclasses import dataclass
from datetime import datetime

SOURCES_MOST = 50
"""How many sources a merchant may have."""


@dataclass(frozen=True, slots=True)
class InboundSource:
    """One source as it is kept. Its secrets are sealed; both are good until `previous_until`.

    `preset` names how it signs and what its payloads are. `mapping` is one of its own, in JSON, instead of the
    preset's. `decide` lets offers be made without a person; `language` is that of their sentences, None for the
    customer's. `expects` is what a payload must hold, in JSON: expressions and their values.
    """

    id: str
    merchant_id: str
    name: str
    preset: str
    mapping: str | None
    decide: bool
    language: str | None
    expects: str
    secret: str
    previous_secret: str | None
    previous_until: datetime | None
    version: int
    created_at: datetime
    changed_at: datetime

    def secrets_at(self, at: datetime) -> tuple[str, ...]:
        """The sealed secrets that are good at that moment, the newest first."""
        if self.previous_secret is not None and self.previous_until is not None and at < self.previous_until:
            return self.secret, self.previous_secret
        return (self.secret,)
