"""Offers in every status, brought there over HTTP or, where nothing over HTTP leads there yet, in the database."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import text

from compensation_service.domain.api_key import Role
from compensation_service.domain.offer import OfferStatus
from compensation_service.store.engine import open_engines

PAST = datetime(2020, 1, 1, tzinfo=UTC)
WORDS = {"words": "The money back, please."}
_numbers = count()


def change(url: str, offer_id: str, merchant: str = "north", **values: Any) -> None:
    """Write into an offer's row what only time, or a decision of another kind, would write there."""
    engines = open_engines(url)
    with engines.writer.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('app.merchant_id', :merchant, true)"), {"merchant": merchant})
        for name, value in values.items():
            shown = value
            if isinstance(value, datetime) and connection.dialect.name == "sqlite":
                shown = value.replace(tzinfo=None).isoformat(" ", "microseconds")
            done = connection.execute(
                text(f"UPDATE offers SET {name} = :value WHERE id = :id"), {"value": shown, "id": offer_id}
            )
            assert done.rowcount == 1
    engines.dispose()


def make_late(url: str, offer_id: str, *, default_stands: bool = False) -> None:
    """Let the offer's time run out, on the database's clock as on ours."""
    change(url, offer_id, expires_at=PAST, default_stands=default_stands)


def bare(offer: dict[str, Any]) -> dict[str, Any]:
    """The offer without its letter, which is written when somebody reads it."""
    return {name: value for name, value in offer.items() if name != "letter"}


def life(web: Any, offer_id: str) -> list[str]:
    """What happened to the incident of an offer, first to last, but for its letters; the numbers have no gaps."""
    incident = web.get(f"/offers/{offer_id}").json()["incident"]["id"]
    events = web.get(f"/incidents/{incident}").json()["events"]
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    return [event["type"] for event in events if not event["type"].startswith("letter.")]


def offer_in(web: Any, status: OfferStatus) -> str:
    """Make an offer, bring it into a status, and answer its id."""
    number = next(_numbers)
    offer_id: str = web.offer(f"life-{number}", f"C-{number}")["id"]
    if status is OfferStatus.PENDING_APPROVAL:
        change(web.url, offer_id, status=status.value, approval_role=Role.LEAD.value)
    elif status in STEPS:
        for step, body in STEPS[status]:
            answer = web.post(f"/offers/{offer_id}/{step}", body)
            assert answer.status_code == 200, answer.text
    elif status is not OfferStatus.OPEN:
        change(web.url, offer_id, status=status.value)
    return offer_id


STEPS: dict[OfferStatus, list[tuple[str, dict[str, str]]]] = {
    OfferStatus.ACCEPTED: [("accept", {})],
    OfferStatus.DECLINED: [("decline", {})],
    OfferStatus.COUNTERED: [("counter", WORDS)],
    OfferStatus.WITHDRAWN: [("withdraw", {})],
}
