"""An import that is killed in the middle of a bite, for tests that resume it."""

import os

from sqlalchemy import event

from compensation_service.clock import random_id, random_token, system_clock
from compensation_service.services.imports import ImportService
from compensation_service.store.store import open_store


def import_and_die(database_url: str, merchant: str, sha256: str, bites: list[list[object]], after: int) -> None:
    """Import bites, and die right before the commit of the one after so many."""
    store = open_store(database_url)
    imports = ImportService(store, system_clock, random_id, random_token)
    progress = imports.begin(merchant, sha256, resume=False)
    for number, rows in enumerate(bites):
        if number == after:
            event.listen(store._engines.writer, "commit", lambda _: os._exit(9))
        progress = imports.take(merchant, progress, rows, "someone").progress
