"""Merchants in the store."""

from compensation_service.domain.merchant import Merchant
from compensation_service.store.scope import Scope, scoped
from compensation_service.store.tables import merchants

_FIND = scoped(merchants, columns=[merchants.c.merchant_id, merchants.c.name, merchants.c.created_at])


class Merchants:
    """The unit's own merchant; no other can be seen from here."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def find(self) -> Merchant | None:
        """Answer the merchant, or None if it has not been added."""
        rows = self._scope.rows(_FIND)
        return Merchant(*rows[0]) if rows else None

    def add(self, merchant: Merchant) -> None:
        """Add the unit's merchant."""
        if merchant.id != self._scope.merchant_id:
            raise ValueError("a unit of work writes its own merchant only")
        self._scope.add_values(merchants, ("name", "created_at"), [(merchant.name, merchant.created_at)])
