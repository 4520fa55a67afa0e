"""Merchants: added by the operator, each with the package's policy to begin with."""

from collections.abc import Sequence

from compensation_service.domain.errors import Conflict
from compensation_service.domain.ids import Clock
from compensation_service.domain.merchant import Merchant
from compensation_service.services.policies import first_version
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork


def add(unit: UnitOfWork, merchant: Merchant) -> None:
    """Add the unit's merchant, with the policy that decides for it until it has one of its own."""
    unit.merchants.add(merchant)
    unit.policies.add(*first_version(merchant))


class MerchantService:
    """The use cases around merchants, for the operator alone. They block on the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(self, merchant_id: str, name: str) -> Merchant:
        """Add a merchant. Raises Conflict if there is one of this id."""
        merchant = Merchant(merchant_id, name, self._clock())
        with self._store.writing(merchant_id) as unit:
            if unit.merchants.find() is not None:
                raise Conflict("There is such a merchant already.")
            add(unit, merchant)
        return merchant

    def list(self) -> Sequence[Merchant]:
        """Every merchant, by id."""
        found = []
        for merchant_id in self._store.merchant_ids():
            with self._store.reading(merchant_id) as unit:
                found.append(unit.merchants.find())
        return [merchant for merchant in found if merchant is not None]
