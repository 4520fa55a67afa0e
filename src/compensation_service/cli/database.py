"""`db`: bring the database up to date, and tell whether it is."""

import typer

from compensation_service.cli import terminal
from compensation_service.settings import Settings
from compensation_service.settings_store import open_settings_store
from compensation_service.store import schema

app = typer.Typer(help="Look after the database.", no_args_is_help=True)


def bring_up(settings: Settings) -> None:
    """Bring the database up to what this version of the service wants. Raises StoreUnavailable."""
    schema.upgrade(settings.database_url)


@app.command()
def upgrade() -> None:
    """Bring the database up to date, in one transaction. Safe to repeat."""
    settings = Settings()
    bring_up(settings)
    terminal.tell(f"The database is at revision {schema.head()}.")


@app.command()
def check(*, as_json: terminal.AsJson = False) -> None:
    """Tell whether the database is up to date and keeps what it acknowledges; exit code 1 if not."""
    settings = Settings()
    state = schema.check(settings.database_url)
    store = open_settings_store(settings)
    try:
        unsafe = store.unsafe_settings()
    finally:
        store.close()
    good = state.matches and (settings.allow_unsafe_durability or not unsafe)
    if as_json:
        terminal.answer_json(
            {
                "ok": good,
                "revision": state.current,
                "wanted": state.head,
                "differences": state.differences,
                "unsafe_settings": unsafe,
            }
        )
    else:
        terminal.answer(f"revision {state.current or 'none'}, wanted {state.head}")
        for difference in state.differences if state.is_current else ():
            terminal.answer(f"differs: {difference}")
        for setting in unsafe:
            terminal.answer(f"unsafe: {setting}: commits that were acknowledged may be lost")
    raise typer.Exit(0 if good else 1)
