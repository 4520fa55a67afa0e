"""`demo`: the whole service in one command."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from compensation_service.clock import random_token, system_clock
from compensation_service.demo import help_desk, letters, server, show
from compensation_service.demo.cases import cases
from compensation_service.demo.client import Client, Document, Refused
from compensation_service.domain.api_key import Role, Scope
from compensation_service.services.keys import KeyService
from compensation_service.settings import PREFIX, Settings
from compensation_service.settings_store import open_settings_store
from compensation_service.store import schema

MERCHANT = "demo-shop"
SCOPES = frozenset({Scope.OFFERS_READ, Scope.OFFERS_WRITE, Scope.INCIDENTS_READ})
DESK_SCOPES = frozenset({Scope.INBOUND_WRITE, Scope.WEBHOOKS_WRITE})
KEY_LIFE = timedelta(days=1)
FIRST_PORT = 8000
VAR = Path("var")
LETTERS = VAR / "letters.html"

output = Console(highlight=False)
progress_output = Console(stderr=True, highlight=False)


def demo(port: int = FIRST_PORT) -> None:
    """Start the service, let it decide on 300 made-up incidents and on a webhook, show it all, and serve until Ctrl-C.

    A second run sends the same incidents and gets the same offers. With DEMO_ONCE=1 in the environment it checks
    that all of them are stored and found again, and stops. The service listens on `port`, or the next free one.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    VAR.mkdir(exist_ok=True)
    settings = _settings()
    schema.upgrade(settings.database_url)
    port = server.free_port(port)
    address = f"http://{server.HOST}:{port}"
    environment = {f"{PREFIX}DATABASE_URL": settings.database_url, f"{PREFIX}PUBLIC_BASE_URL": address}
    environment |= {f"{PREFIX}WITH_WORKER": "true", f"{PREFIX}WEBHOOKS_TO_LOCALHOST": "true"}
    try:
        with (
            _key(settings, MERCHANT, SCOPES) as token,
            _key(settings, help_desk.MERCHANT, DESK_SCOPES) as desk_token,
            server.running(port, environment, VAR / "demo.log") as process,
            Client(address, token) as client,
            Client(address, desk_token) as desk,
            help_desk.receiving() as receiver,
        ):
            client.wait_until_ready(lambda: process.poll() is None)
            best = _tell(client)
            output.print(show.answered(help_desk.tell(desk, receiver)))
            LETTERS.write_text(letters.page(), encoding="utf-8")
            output.print(show.addresses(next(client.offers()), best, LETTERS, token, address), soft_wrap=True)
            if not os.environ.get("DEMO_ONCE"):
                output.print(f"\nServing on {address}; Ctrl-C stops.", style="bold")
                process.wait()
                raise Refused(f"the service has stopped by itself; see {VAR / 'demo.log'}")
    except KeyboardInterrupt:
        output.print("\nStopped. The offers stay in var/; `make demo` shows them again.", style="dim")


def _settings() -> Settings:
    """Keep the demonstration apart from other data, unless a database is named."""
    if f"{PREFIX}DATABASE_URL" in os.environ or f"{PREFIX}DATABASE_URL_FILE" in os.environ:
        return Settings()
    return Settings(database_url=f"sqlite:///{VAR / 'demo.db'}")


@contextmanager
def _key(settings: Settings, merchant: str, scopes: frozenset[Scope]) -> Iterator[str]:
    """Make a key for this run, and revoke it afterwards."""
    store = open_settings_store(settings)
    keys = KeyService(store, system_clock, random_token)
    try:
        key, token = keys.create(merchant, "demonstration", Role.SERVICE, scopes, system_clock() + KEY_LIFE)
        try:
            yield token
        finally:
            keys.revoke(merchant, key.id)
    finally:
        store.close()


def _tell(client: Client) -> dict[str, show.Pair]:
    """Send the incidents and show what came of them; the most telling of each language."""
    sent = cases(system_clock())
    started = time.perf_counter()
    made = _send(client, sent)
    seconds = time.perf_counter() - started
    answered = [offer for offer, _ in made]
    stored = {offer["id"]: offer for offer in client.offers()}
    _check(client, answered, stored)
    offers = list(stored.values())
    output.print(show.story(offers, sum(new for _, new in made), len(made), seconds))
    best = show.most_telling(zip(sent, answered, strict=True))
    output.print(show.example(best))
    return best


def _send(client: Client, bodies: list[Document]) -> list[tuple[Document, bool]]:
    columns = (TextColumn("Deciding"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=progress_output) as progress:
        return [client.make_offer(body) for body in progress.track(bodies)]


def _check(client: Client, made: list[Document], stored: dict[str, Document]) -> None:
    """Every offer that was answered is in the list, alone under its id, and for the incident that was sent."""
    missing = [offer["id"] for offer in made if offer["id"] not in stored]
    if missing or len({offer["id"] for offer in made}) != len(made):
        raise Refused(f"{len(made)} incidents were sent, but {len(missing)} of their offers are not to be found")
    last = made[-1]
    if client.get(f"/offers/{last['id']}")["incident"] != last["incident"]:
        raise Refused("an offer is not the one that was made")
    if client.get(f"/incidents/{last['incident']['id']}")["reference"] != last["incident"]["reference"]:
        raise Refused("an incident is not the one that was sent")
