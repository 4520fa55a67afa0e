"""A merchant: whose incidents, offers and keys these are. Merchants never see each other."""

import re
from dataclasses import dataclass
from datetime import datetime

MERCHANT_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
"""A slug that the operator chooses: lower-case letters, digits and hyphens, at most 40."""


@dataclass(frozen=True, slots=True)
class Merchant:
    """One merchant; the time is aware."""

    id: str
    name: str
    created_at: datetime


def is_merchant_id(text: str) -> bool:
    """Whether the text can name a merchant."""
    return MERCHANT_ID.fullmatch(text) is not None
