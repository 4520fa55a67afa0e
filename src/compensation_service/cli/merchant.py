"""`--merchant`: whose it is."""

from typing import Annotated

import typer

from compensation_service.domain.merchant import is_merchant_id


def demand_slug(text: str) -> str:
    """Refuse what cannot name a merchant."""
    if not is_merchant_id(text):
        raise typer.BadParameter("lower-case letters, digits and hyphens, at most 40")
    return text


Merchant = Annotated[str, typer.Option(callback=demand_slug, help="The shop, such as my-shop.")]
