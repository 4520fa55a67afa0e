"""`--merchant`: whose it is."""

from typing import Annotated

import typer

from compensation_service.domain.errors import NotFound
from compensation_service.domain.merchant import is_merchant_id
from compensation_service.store.store import Store


def demand_slug(text: str) -> str:
    """Refuse what cannot name a merchant."""
    if not is_merchant_id(text):
        raise typer.BadParameter("lower-case letters, digits and hyphens, at most 40")
    return text


def demand_known(store: Store, merchant: str) -> None:
    """Raise NotFound if there is no such merchant: of one that was misspelt, nothing is found and nothing is wrong."""
    with store.reading(merchant) as unit:
        if unit.merchants.find() is None:
            raise NotFound("There is no such merchant.")


Merchant = Annotated[str, typer.Option(callback=demand_slug, help="The shop, such as my-shop.")]
