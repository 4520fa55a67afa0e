"""`/customers`: erasing what identifies one."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import Field

from compensation_service.api.answers import Answer as Shape
from compensation_service.api.fields import Identifier
from compensation_service.api.in_time import written_in_time
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.domain.api_key import ApiKey

router = APIRouter(route_class=GuardedRoute, tags=["customers"])


class ErasedOut(Shape):
    """What was erased."""

    incidents: Annotated[int, Field(ge=0, description="How many incidents of theirs there were; 0 the next time.")]


@router.post("/customers/{reference}/erase", operation_id="eraseCustomer", response_model=ErasedOut)
async def erase_customer(request: Request, reference: Annotated[Identifier, Path()]) -> ErasedOut:
    """Remove what identifies a customer from incidents, offers, letters and all that belongs to them, for ever.

    What was decided, given and counted stays, under a name that leads to nobody. Repeating it is safe, after a 503
    too. What comes in under this reference later is new.
    """
    key: ApiKey = request.scope["api_key"]
    erase = services_of(request).erasure.erase
    return ErasedOut(incidents=await written_in_time(erase, key.merchant_id, reference, key.id))
