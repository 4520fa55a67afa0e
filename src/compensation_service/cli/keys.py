"""`keys`: API keys of merchants."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated

import orjson
import typer

from compensation_service.cli import terminal
from compensation_service.cli.merchant import Merchant, demand_known
from compensation_service.clock import random_token, system_clock
from compensation_service.domain.api_key import OVERLAP_MOST, ApiKey, Role, Scope
from compensation_service.services.keys import OVERLAP_USUAL, KeyService
from compensation_service.settings import Settings
from compensation_service.settings_store import open_settings_store

BACKEND_SCOPES = (Scope.OFFERS_READ, Scope.OFFERS_WRITE, Scope.INCIDENTS_READ)
"""What a shop's backend needs; a key gets no more unless it is asked for."""

HOUR = timedelta(hours=1)

app = typer.Typer(help="Create, list, rotate and revoke API keys.", no_args_is_help=True)
KeyId = Annotated[str, typer.Argument(help="The key's id, the part of its token after cmp_.")]


@contextmanager
def key_service(settings: Settings, known: str | None = None) -> Iterator[KeyService]:
    """Open the keys of the database that the settings name. NotFound if it does not know the merchant `known`."""
    store = open_settings_store(settings)
    try:
        if known is not None:
            demand_known(store, known)
        yield KeyService(store, system_clock, random_token)
    finally:
        store.close()


@app.command()
def create(
    merchant: Merchant,
    name: Annotated[str, typer.Option(callback=terminal.in_words, help="What the key is for, in your words.")],
    *,
    role: Annotated[Role, typer.Option(help="Who uses it; approvals ask for one.")] = Role.SERVICE,
    scope: Annotated[list[Scope], typer.Option(help="What it may do; repeat for more.")] = list(BACKEND_SCOPES),  # noqa: B006 - typer copies defaults
    days: Annotated[
        int | None, typer.Option(min=1, max=36500, help="Days until it expires; otherwise it does not.")
    ] = None,
    as_json: terminal.AsJson = False,
) -> None:
    """Create a key and print its token, once: only a digest is kept. A new merchant is added on the way.

    Example: compensation-service keys create --merchant my-shop --name desk --scope inbound:read --scope inbound:write
    """
    expires_at = system_clock() + timedelta(days=days) if days else None
    with key_service(Settings()) as keys:
        key, token = keys.create(merchant, name, role, frozenset(scope), expires_at)
    if as_json:
        terminal.answer_json({**_document(key), "token": token})
    else:
        terminal.tell(f"Key {key.id} of {merchant}; may {', '.join(sorted(key.scopes))}. Its token is shown this once:")
        terminal.answer(token)


@app.command("list")
def list_keys(merchant: Merchant, *, as_json: terminal.AsJson = False) -> None:
    """List a merchant's keys, the revoked and expired ones too."""
    with key_service(Settings(), known=merchant) as keys:
        documents = [_document(key) for key in keys.list(merchant)]
    if as_json:
        terminal.answer_json(documents)
    else:
        rows = [[_cell(value) for value in document.values()] for document in documents]
        terminal.answer(
            terminal.table(["id", "merchant", "name", "role", "scopes", "created", "expires", "revoked"], rows)
        )


@app.command()
def rotate(
    key: KeyId,
    merchant: Merchant,
    *,
    overlap_hours: Annotated[
        int, typer.Option(min=0, max=OVERLAP_MOST // HOUR, help="Hours for which the old key goes on.")
    ] = OVERLAP_USUAL // HOUR,
    as_json: terminal.AsJson = False,
) -> None:
    """Make a key that takes another one's place, and print its token, once; the old one then expires by itself."""
    with key_service(Settings()) as keys:
        made = orjson.loads(keys.rotate(merchant, key, None, overlap=overlap_hours * HOUR).body)
    if as_json:
        terminal.answer_json(made)
    else:
        terminal.tell(f"Key {made['id']} replaces {key}, which expires at {made['overlap_until']}. Its token, once:")
        terminal.answer(made["token"])


@app.command()
def revoke(key: KeyId, merchant: Merchant) -> None:
    """Revoke a key, for good: writes refuse it at once, reads within seconds."""
    with key_service(Settings()) as keys:
        keys.revoke(merchant, key)
    terminal.tell(f"Key {key} is revoked.")


def _document(key: ApiKey) -> dict[str, str | list[str] | datetime | None]:
    return {
        "id": key.id,
        "merchant": key.merchant_id,
        "name": key.name,
        "role": key.role,
        "scopes": sorted(key.scopes),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }


def _cell(value: str | list[str] | datetime | None) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return " ".join(value) if isinstance(value, list) else value or ""
