"""Row-level security: even a statement written by hand sees and writes its own merchant's rows alone."""

import psycopg
import pytest

import databases
from compensation_service.domain.checkpoint import Head
from compensation_service.domain.letter import StoredLetterhead
from compensation_service.domain.merchant import Merchant
from compensation_service.domain.offer import OfferAction
from compensation_service.domain.offer_move import BY_DEFAULT, OfferMove
from compensation_service.domain.past_import import PastImport
from compensation_service.store.store import open_store
from compensation_service.store.tables import metadata
from records import (
    MERCHANT,
    NOON,
    answer,
    api_key,
    attempt,
    budget,
    budget_entry,
    checkpoint,
    event,
    follow_up,
    inbound_event,
    inbound_source,
    letter,
    notice,
    offer,
    papers,
    policy,
    reopening,
    store_offers,
    webhook_endpoint,
)

OTHER = "umbrella"
LASTING = {"events", "checkpoints", "checkpoint_heads"}
"""Tables in which nothing is ever changed."""


@pytest.fixture
def connection(postgresql_url):
    store = open_store(postgresql_url)
    for number, merchant in enumerate((MERCHANT, OTHER)):
        with store.writing(merchant) as unit:
            unit.merchants.add(Merchant(merchant, merchant, NOON))
            unit.api_keys.add(api_key(str(number + 2) * 12, merchant))
            unit.webhook_endpoints.add([webhook_endpoint(1, merchant)])
            unit.inbound_sources.add([inbound_source(1, merchant)])
            unit.inbound_events.add([inbound_event(1, merchant)])
            store_offers(unit, 1)
            unit.notices.add([notice(1)])
            unit.deliveries.note(attempt("evt_0000001_1"))
            for paper in papers(1):
                unit.file.add(paper)
            unit.incidents.reopen(reopening(1))
            unit.follow_ups.add([follow_up(1, merchant)])
            unit.budgets.add(budget(1, merchant))
            unit.budgets.post([budget_entry(1)])
            unit.imports.add(PastImport("0" * 64, 0, 0, 0, 0, NOON, NOON))
            unit.letters.add(letter(1, merchant))
            unit.letterheads.add(StoredLetterhead(1, "{}", NOON, "author"))
            unit.answers.add([answer(1)])
            unit.moves.add(OfferMove(offer(1).offer.id, 2, OfferAction.ACCEPT, BY_DEFAULT, NOON, "opt_1"))
            unit.policies.add(policy(1, merchant), "name: mine")
            chained = event(1, merchant)
            unit.checkpoints.add(checkpoint(), [Head(chained.incident_id, chained.sequence, chained.hash)])
    store.close()
    with databases.connect(postgresql_url) as opened:
        yield opened


def become(connection: psycopg.Connection, merchant: str) -> None:
    connection.execute("SELECT set_config('app.merchant_id', %s, false)", [merchant])


def test_the_role_of_the_service_is_no_superuser_and_every_table_is_walled_in(connection):
    assert connection.execute(
        "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    ).fetchone() == (False,)
    walled = connection.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity").fetchall()
    assert {name for (name,) in walled} == set(metadata.tables)


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_each_table_shows_the_merchants_rows_only(connection, table):
    assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    for merchant in (MERCHANT, OTHER):
        become(connection, merchant)
        assert set(connection.execute(f"SELECT merchant_id FROM {table}").fetchall()) == {(merchant,)}


@pytest.mark.parametrize("table", sorted(set(metadata.tables) - LASTING))
def test_each_table_lets_nobody_write_as_another(connection, table):
    become(connection, MERCHANT)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f"UPDATE {table} SET merchant_id = %s", [OTHER])
    assert (
        connection.execute(f"UPDATE {table} SET merchant_id = merchant_id WHERE merchant_id = %s", [OTHER]).rowcount
        == 0
    )
    assert connection.execute(f"DELETE FROM {table} WHERE merchant_id = %s", [OTHER]).rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("INSERT INTO merchants VALUES ('third', 'Third', now())")


@pytest.mark.parametrize("table", sorted(LASTING))
@pytest.mark.parametrize("change", ["UPDATE {} SET merchant_id = merchant_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_lasts_can_be_changed_by_nobody(connection, table, change):
    become(connection, MERCHANT)
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="never changed"):
        connection.execute(change.format(table))


SEEN_BY_WORKER = {"merchants", "webhook_endpoints", "deliveries", "inbound_sources", "inbound_events"}


def test_the_worker_sees_whom_to_work_for_and_nothing_else(connection):
    connection.execute("SELECT set_config('app.every_merchant', 'yes', false)")
    assert {name for (name,) in connection.execute("SELECT merchant_id FROM merchants")} == {MERCHANT, OTHER}
    assert connection.execute("UPDATE merchants SET name = 'mine'").rowcount == 0
    assert connection.execute("UPDATE webhook_endpoints SET url = 'mine'").rowcount == 0
    assert connection.execute("DELETE FROM delivery_attempts").rowcount == 0
    assert connection.execute("DELETE FROM deliveries").rowcount == 0
    for table in set(metadata.tables) - SEEN_BY_WORKER:
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_a_key_can_be_seen_by_its_id_and_not_changed(connection):
    connection.execute("SELECT set_config('app.key_id', %s, false)", ["3" * 12])
    assert connection.execute("SELECT merchant_id FROM api_keys").fetchall() == [(OTHER,)]
    assert connection.execute("UPDATE api_keys SET revoked_at = now()").rowcount == 0


def test_a_webhook_sees_its_own_source_alone(connection):
    connection.execute("SELECT set_config('app.inbound_source', %s, false)", [inbound_source(1, OTHER).id])
    assert connection.execute("SELECT merchant_id FROM inbound_sources").fetchall() == [(OTHER,)]
    assert connection.execute("SELECT 1 FROM inbound_events").fetchall() == []
    assert connection.execute("UPDATE inbound_sources SET name = 'mine'").rowcount == 0
