"""Somebody who owns the database and falsifies it: triggers, foreign keys and walls are gone, rows are as they like."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection, create_engine, delete, insert, make_url, select, text, update

from compensation_service.clock import system_clock
from compensation_service.domain.event import START, EventType, hash_of
from compensation_service.domain.offer import OfferStatus
from compensation_service.services.audit import AuditService, Count, Trust
from compensation_service.services.checkpoints import CheckpointService, Signer
from compensation_service.store.tables import (
    checkpoint_heads,
    checkpoints,
    events,
    incidents,
    offer_moves,
    offers,
    options,
    remedies,
)

MERCHANT = "north"
SIGNER = Signer("a secret of this test")
TRUST = Trust({SIGNER.public_key})
TIMES = int(os.environ.get("TAMPERINGS", "8"))
"""How often each kind is tried; 200 is the long form."""
TABLES = (incidents, events, offers, options, remedies, offer_moves, checkpoints, checkpoint_heads)
Rows = list[dict[str, Any]]


def seal(store, hours):
    """Bring everything under a checkpoint that is made some hours from now, so that nothing counts as too young."""
    service = CheckpointService(store, lambda: system_clock() + timedelta(hours=hours), SIGNER)
    return service.seal(MERCHANT, everything=True)


def verified(store, trust=TRUST):
    count = Count()
    return list(AuditService(store).verify(MERCHANT, trust, count)), count


class Forger:
    """Has the database of one merchant in hand; `undo` puts everything back as it was found."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.found = {table.name: self.rows(table) for table in TABLES}

    def rows(self, table: Any) -> Rows:
        """All rows of a table, in order of their keys."""
        return [dict(row) for row in self.run(select(table).order_by(*table.primary_key.columns)).mappings()]

    def run(self, statement: Any) -> Any:
        self._connection.execute(as_merchant(self._connection))
        return self._connection.execute(statement)

    def commit(self) -> None:
        self._connection.commit()

    def undo(self) -> None:
        for table in TABLES:
            if self.rows(table) != self.found[table.name]:
                self.run(delete(table))
                self.run(insert(table).values(self.found[table.name]))
        self.commit()

    def change(self, table: Any, row: dict[str, Any], **values: Any) -> None:
        """Give one row other values."""
        keys = [column == row[column.name] for column in table.primary_key.columns]
        assert self.run(update(table).where(*keys).values(**values)).rowcount == 1

    def remove(self, table: Any, row: dict[str, Any]) -> None:
        keys = [column == row[column.name] for column in table.primary_key.columns]
        assert self.run(delete(table).where(*keys)).rowcount == 1

    def chain(self, incident_id: str) -> Rows:
        return [row for row in self.rows(events) if row["incident_id"] == incident_id]

    def forge(self, incident_id: str, chain: Rows) -> None:
        """Put another chain in the place of one, numbered and hashed as it should be."""
        self.run(delete(events).where(events.c.incident_id == incident_id))
        previous = START.hash
        for sequence, row in enumerate(chain, 1):
            named = {"sequence": sequence, "merchant_id": MERCHANT, "incident_id": incident_id}
            made = {**row, **named}
            previous = hash_of(
                previous,
                MERCHANT,
                incident_id,
                sequence,
                made["type"],
                made["id"],
                made["occurred_at"],
                made["payload"],
            )
            self.run(insert(events).values({**made, "hash": previous}))


@contextmanager
def forging(url: str) -> Iterator[Forger]:
    """Take the database of a merchant in hand, with everything that would refuse or show it removed."""
    with connected(url) as connection:
        for statement in (_of_postgresql if connection.dialect.name == "postgresql" else _of_sqlite)(connection):
            connection.execute(text(statement))
        connection.commit()
        yield Forger(connection)


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Open a connection that knows nothing of the service's ways."""
    made = make_url(url)
    driver = {"postgresql": "postgresql+psycopg", "sqlite": "sqlite"}[made.get_backend_name()]
    engine = create_engine(made.set(drivername=driver))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def as_merchant(connection: Connection) -> Any:
    """What has to be said on PostgreSQL, where the wall stands, before each question."""
    seen = "set_config('app.merchant_id', :name, true)" if connection.dialect.name == "postgresql" else ":name"
    return text(f"SELECT {seen}").bindparams(name=MERCHANT)


def _of_sqlite(connection: Connection) -> Iterator[str]:
    """Foreign keys are off already: SQLite leaves that to each connection."""
    for (name,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
        yield f"DROP TRIGGER {name}"


def _of_postgresql(connection: Connection) -> Iterator[str]:
    named = [table.name for table in TABLES]
    for table in named:
        yield f"ALTER TABLE {table} DISABLE TRIGGER USER"
    constraints = text(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f' "
        "AND (confrelid::regclass::text = ANY(:named) OR conrelid::regclass::text = ANY(:named))"
    )
    for table, constraint in connection.execute(constraints, {"named": named}).all():
        yield f"ALTER TABLE {table} DROP CONSTRAINT {constraint}"


Forgery = Callable[[Forger, Random], str]
"""Falsifies something and answers the id of what it was, which a finding has to name."""


def change_an_event(forger: Forger, chance: Random) -> str:
    row = chance.choice(forger.rows(events))
    forger.change(events, row, **_another(row, chance))
    return row["incident_id"]


def change_an_event_and_all_hashes(forger: Forger, chance: Random) -> str:
    row = chance.choice(forger.rows(events))
    chain = forger.chain(row["incident_id"])
    place = row["sequence"] - 1
    chain[place] = {**chain[place], **_another(row, chance)}
    forger.forge(row["incident_id"], chain)
    return row["incident_id"]


def _another(row: dict[str, Any], chance: Random) -> dict[str, Any]:
    """An event's field with another value."""
    other = {
        "payload": row["payload"].replace("off_", "off_x", 1).replace("{", '{"more":1,', 1),
        "id": row["id"] + "x",
        "occurred_at": row["occurred_at"].replace(year=2031),
        "type": EventType.INCIDENT_CLOSED,
    }
    name = chance.choice(sorted(other))
    return {name: other[name]}


def change_an_offer(forger: Forger, chance: Random) -> str:
    row = chance.choice(forger.rows(offers))
    other = {
        "document": row["document"].replace("EUR", "USD"),
        "facts": row["facts"] + " ",
        "worth_minor": row["worth_minor"] + 1,
        "version": row["version"] + 1,
        "expires_at": row["expires_at"].replace(year=2099),
    }
    name = chance.choice(sorted(other))
    forger.change(offers, row, **{name: other[name]})
    return row["id"]


def change_whose_it_is(forger: Forger, chance: Random) -> str:
    row = chance.choice(forger.rows(incidents))
    forger.change(incidents, row, customer_reference="friend")
    return row["id"]


def change_a_move(forger: Forger, chance: Random) -> str:
    row = chance.choice(forger.rows(offer_moves))
    forger.change(offer_moves, row, **chance.choice([{"words": "other words"}, {"by": "x"}, {"amount_minor": 999_999}]))
    return row["offer_id"]


def change_a_remedy(forger: Forger, chance: Random) -> str:
    row = chance.choice(forger.rows(remedies))
    other = [{"cost_minor": row["cost_minor"] + 1}, {"value_minor": (row["value_minor"] or 0) + 1}]
    forger.change(remedies, row, **chance.choice(other))
    return row["offer_id"]


def change_a_checkpoint(forger: Forger, chance: Random) -> str:
    row = chance.choice(forger.rows(checkpoints))
    forger.change(checkpoints, row, events=row["events"] - 1)
    return f"checkpoint {row['number']}"


def change_a_chain_and_what_is_said_of_it(forger: Forger, chance: Random) -> str:
    """All hashes, and the heads under the checkpoint too: only the signature is out of reach."""
    head = chance.choice(forger.rows(checkpoint_heads))
    chain = forger.chain(head["incident_id"])
    chain[0] = {**chain[0], "payload": chain[0]["payload"].replace("{", '{"more":1,', 1)}
    forger.forge(head["incident_id"], chain)
    hashes = {row["sequence"]: row["hash"] for row in forger.chain(head["incident_id"])}
    for row in forger.rows(checkpoint_heads):
        if row["incident_id"] == head["incident_id"]:
            forger.change(checkpoint_heads, row, hash=hashes[row["sequence"]])
    return f"checkpoint {head['checkpoint']}"


def delete_an_event(forger: Forger, chance: Random) -> str:
    row = chance.choice(forger.rows(events))
    forger.remove(events, row)
    return row["incident_id"]


def delete_an_event_and_close_the_gap(forger: Forger, chance: Random) -> str:
    row = chance.choice(forger.rows(events))
    forger.forge(row["incident_id"], [each for each in forger.chain(row["incident_id"]) if each["id"] != row["id"]])
    return row["incident_id"]


def delete_an_incident(forger: Forger, chance: Random) -> str:
    """With everything that belongs to it, but what checkpoints say of it."""
    incident_id = chance.choice(forger.rows(incidents))["id"]
    ids = [row["id"] for row in forger.rows(offers) if row["incident_id"] == incident_id]
    for table in (offer_moves, remedies, options):
        forger.run(delete(table).where(table.c.offer_id.in_(ids)))
    for table in (offers, events):
        forger.run(delete(table).where(table.c.incident_id == incident_id))
    forger.run(delete(incidents).where(incidents.c.id == incident_id))
    return incident_id


def delete_an_incident_and_what_is_said_of_it(forger: Forger, chance: Random) -> str:
    incident_id = delete_an_incident(forger, chance)
    head = next(row for row in forger.rows(checkpoint_heads) if row["incident_id"] == incident_id)
    forger.run(delete(checkpoint_heads).where(checkpoint_heads.c.incident_id == incident_id))
    return f"checkpoint {head['checkpoint']}"


def delete_a_move(forger: Forger, chance: Random) -> str:
    row = chance.choice(forger.rows(offer_moves))
    forger.remove(offer_moves, row)
    return row["offer_id"]


def delete_an_offer(forger: Forger, chance: Random) -> str:
    row = chance.choice(forger.rows(offers))
    forger.remove(offers, row)
    return row["id"]


def delete_a_checkpoint(forger: Forger, _: Random) -> str:
    """Not the last one, and the rest numbered as if there never had been another."""
    row = forger.rows(checkpoints)[0]
    forger.remove(checkpoints, row)
    return f"checkpoint {row['number'] + 1}"


def swap_two_events(forger: Forger, chance: Random) -> str:
    incident_id, (one, other) = _two(forger, chance)
    kept = [name for name in one if name not in {"merchant_id", "incident_id", "sequence", "id"}]
    forger.change(events, one, id="for a moment", **{name: other[name] for name in kept})
    forger.change(events, other, id=one["id"], **{name: one[name] for name in kept})
    forger.change(events, one, id=other["id"])
    return incident_id


def swap_two_events_and_hash_them(forger: Forger, chance: Random) -> str:
    incident_id, (one, other) = _two(forger, chance)
    chain = forger.chain(incident_id)
    first, second = one["sequence"] - 1, other["sequence"] - 1
    chain[first], chain[second] = chain[second], chain[first]
    forger.forge(incident_id, chain)
    return incident_id


def swap_two_checkpoints(forger: Forger, _: Random) -> str:
    one, other = forger.rows(checkpoints)
    forger.remove(checkpoints, other)
    forger.change(checkpoints, one, number=other["number"])
    forger.run(insert(checkpoints).values({**other, "number": one["number"]}))
    return "checkpoint"


def _two(forger: Forger, chance: Random) -> tuple[str, tuple[dict[str, Any], dict[str, Any]]]:
    long = [chain for row in forger.rows(incidents) if len(chain := forger.chain(row["id"])) > 1]
    chain = chance.choice(long)
    one, other = sorted(chance.sample(chain, 2), key=lambda row: row["sequence"])
    return chain[0]["incident_id"], (one, other)


def insert_an_event(forger: Forger, chance: Random) -> str:
    """Anywhere in a chain, its end included, with every hash as it should be."""
    incident_id = chance.choice(forger.rows(incidents))["id"]
    chain = forger.chain(incident_id)
    made = {**chance.choice(chain), "id": "evt_forged", "payload": '{"forged":1}', "type": EventType.INCIDENT_CHANGED}
    chain.insert(chance.randint(0, len(chain)), made)
    forger.forge(incident_id, chain)
    return incident_id


def insert_an_offer(forger: Forger, chance: Random) -> str:
    row = chance.choice(forger.rows(offers))
    forger.run(
        insert(offers).values({**row, "id": "off_forged", "status": OfferStatus.SUPERSEDED, "link_sha256": None})
    )
    return "off_forged"


def insert_a_move(forger: Forger, chance: Random) -> str:
    row = chance.choice(forger.rows(offer_moves))
    forger.run(insert(offer_moves).values({**row, "version": row["version"] + 10}))
    return row["offer_id"]


def insert_a_checkpoint(forger: Forger, _: Random) -> str:
    """One more, as good as it can be without the key."""
    row = forger.rows(checkpoints)[-1]
    forger.run(insert(checkpoints).values({**row, "number": row["number"] + 1}))
    return f"checkpoint {row['number'] + 1}"


def cut_the_end_of_a_chain(forger: Forger, chance: Random) -> str:
    row = chance.choice(forger.rows(events))
    forger.run(delete(events).where(events.c.incident_id == row["incident_id"], events.c.sequence >= row["sequence"]))
    return row["incident_id"]


def cut_the_ends_of_all_chains(forger: Forger, chance: Random) -> str:
    """Everything from some moment on, offers' rows put back to what they were being out of the question."""
    row = chance.choice(forger.rows(events))
    forger.run(delete(events).where(events.c.id >= row["id"]))
    return row["incident_id"]


def cut_the_checkpoints(forger: Forger, chance: Random) -> str:
    """The last one, with all that says what was under it."""
    row = forger.rows(checkpoints)[-1]
    heads = [each for each in forger.rows(checkpoint_heads) if each["checkpoint"] == row["number"]]
    forger.run(delete(checkpoint_heads).where(checkpoint_heads.c.checkpoint == row["number"]))
    forger.remove(checkpoints, row)
    return chance.choice(heads)["incident_id"]


KINDS: dict[str, list[Forgery]] = {
    "change": [
        change_an_event,
        change_an_event_and_all_hashes,
        change_an_offer,
        change_whose_it_is,
        change_a_move,
        change_a_remedy,
        change_a_checkpoint,
        change_a_chain_and_what_is_said_of_it,
    ],
    "delete": [
        delete_an_event,
        delete_an_event_and_close_the_gap,
        delete_an_incident,
        delete_an_incident_and_what_is_said_of_it,
        delete_a_move,
        delete_an_offer,
        delete_a_checkpoint,
    ],
    "reorder": [swap_two_events, swap_two_events_and_hash_them, swap_two_checkpoints],
    "insert": [insert_an_event, insert_an_offer, insert_a_move, insert_a_checkpoint],
    "cut": [cut_the_end_of_a_chain, cut_the_ends_of_all_chains, cut_the_checkpoints],
}
