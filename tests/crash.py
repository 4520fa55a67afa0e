"""Dying in the middle of a unit of work, for tests that look at what is left."""

import os

from sqlalchemy import event

from compensation_service.store.store import open_store
from records import MERCHANT, answer, store_offers


def die_writing(database_url: str, after: int) -> int:
    """Do so in a child of this process, which has everything loaded and nothing open; the child's exit code."""
    child = os.fork()
    if child == 0:
        try:
            write_and_die(database_url, after)
        except BaseException:  # noqa: BLE001 - the child must not go on as its parent
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def write_and_die(database_url: str, after: int) -> None:
    """Write an offer and die at the boundary after so many statements; end well only if there were fewer."""
    store = open_store(database_url)
    passed = 0

    def boundary(*_: object) -> None:
        nonlocal passed
        passed += 1
        if passed > after:
            os._exit(9)

    with store.writing(MERCHANT) as unit:
        for moment in ("before_cursor_execute", "commit"):
            event.listen(store._engines.writer, moment, boundary)
        store_offers(unit, 1)
        unit.answers.add([answer(1)])
