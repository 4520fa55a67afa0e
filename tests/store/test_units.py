"""Units of work: all or nothing, and never another merchant's rows."""

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import event as hook
from sqlalchemy.exc import IntegrityError

from compensation_service.domain.event import START, Link
from compensation_service.domain.merchant import Merchant
from compensation_service.domain.offer import OfferStatus
from compensation_service.store.answers import StoredAnswer
from compensation_service.store.failures import Taken
from compensation_service.store.incidents import IncidentFilter
from compensation_service.store.offers import OfferFilter
from compensation_service.store.scope import COLUMN, demand_merchant
from compensation_service.store.scope import MERCHANT as PARAMETER
from compensation_service.store.store import Store
from crash import die_writing
from processes import FORKED
from records import MERCHANT, NOON, answer, api_key, event, incident, offer, store_offers

OTHER = "umbrella"


def everything(store: Store, merchant: str = MERCHANT) -> list[object]:
    """What a merchant can see, all of it."""
    with store.reading(merchant) as unit:
        incidents = unit.incidents.page(IncidentFilter(), None, 100).items
        offers = unit.offers.page(OfferFilter(), None, 100).items
        options = [option for item in offers for option in unit.offers.options(item.offer.id)]
        events = [made for item in incidents for made in unit.events.of(item.id)]
        answers = unit.answers.find([("/offers", f"key-{number}") for number in range(5)])
        return [*incidents, *offers, *options, *events, *answers.values(), *unit.api_keys.all(), unit.merchants.find()]


def test_a_unit_that_ends_is_committed_and_one_that_raises_leaves_nothing(store):
    with pytest.raises(Taken), store.writing(MERCHANT) as unit:
        store_offers(unit, 1, 1)
    assert everything(store) == [None]
    with store.writing(MERCHANT) as unit:
        store_offers(unit, 1)
    assert len(everything(store)) == 5


def test_dying_between_any_two_statements_leaves_nothing(store, database_url):
    with ProcessPoolExecutor(1, FORKED) as processes:
        for after in range(20):
            if processes.submit(die_writing, database_url, after).result() == 0:
                break
            assert everything(store) == [None]
    assert after == 10  # seven tables, two questions about who listens, and the commit
    assert len(everything(store)) == 6


@pytest.mark.parametrize("add", ["incidents", "offers", "api_keys", "merchants"])
def test_a_unit_refuses_rows_of_another_merchant(store, add):
    with store.writing(MERCHANT) as unit:
        foreign = {
            "incidents": lambda: unit.incidents.add([incident(1, OTHER)]),
            "offers": lambda: unit.offers.add([offer(1, OTHER)]),
            "api_keys": lambda: unit.api_keys.add(api_key(merchant=OTHER)),
            "merchants": lambda: unit.merchants.add(Merchant(OTHER, "Umbrella", NOON)),
        }
        with pytest.raises(ValueError, match="own merchant"):
            foreign[add]()


@pytest.mark.parametrize("name", ["", "Acme", "a'; DROP TABLE offers", "acme\n"])
def test_a_unit_needs_a_merchant(store, name):
    with pytest.raises(ValueError, match="merchant"), store.writing(name):
        pass


def test_merchants_do_not_see_each_other_and_may_use_the_same_ids(store):
    for merchant in (MERCHANT, OTHER):
        with store.writing(merchant) as unit:
            unit.merchants.add(Merchant(merchant, merchant.title(), NOON))
            unit.api_keys.add(api_key({MERCHANT: "a" * 12, OTHER: "b" * 12}[merchant], merchant))
            store_offers(unit, 1)
            unit.answers.add([answer(1)])
    mine, theirs = everything(store), everything(store, OTHER)
    assert len(mine) == len(theirs) == 7
    owners = [getattr(thing, "merchant_id", None) for thing in theirs]
    assert MERCHANT not in owners
    assert mine[0] == replace(theirs[0], merchant_id=MERCHANT)


def test_an_offer_cannot_refer_to_another_merchants_incident(store):
    with store.writing(OTHER) as unit:
        unit.incidents.add([incident(1, OTHER)])
    with pytest.raises(IntegrityError), store.writing(MERCHANT) as unit:
        unit.offers.add([offer(1)])


def test_every_statement_that_a_unit_runs_is_held_to_its_merchant(store):
    seen = {"read": 0}
    written = set()

    def read(_connection, statement, multiparams, params, _options) -> None:
        if statement.__visit_name__ != "textclause":
            seen["read"] += 1
            demand_merchant(statement)
            assert [row[PARAMETER.key] for row in [*multiparams, params] if row] == [MERCHANT]

    def write(_connection, _cursor, statement, parameters, _context, many) -> None:
        found = "SELECT" in statement and "jsonb_to_recordset" not in statement
        if statement.startswith("INSERT") and not found:  # what is found was held to the merchant
            written.add(statement.split()[2])
            names = statement[statement.index("(") + 1 : statement.index(")")].replace('"', "").split(", ")
            if isinstance(parameters, tuple):
                each = [parameters[at : at + len(names)] for at in range(0, len(parameters), len(names))]
                rows = [dict(zip(names, row, strict=True)) for row in each]
            else:
                rows = json.loads(parameters["rows"])
            assert rows
            assert not many
            assert all(row[COLUMN] == MERCHANT for row in rows)

    for engine in {store._engines.writer, store._engines.reader}:
        hook.listen(engine, "before_execute", read)
        hook.listen(engine, "before_cursor_execute", write)
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, "Acme", NOON))
        unit.api_keys.add(api_key())
        store_offers(unit, 1, 2)
        unit.answers.add([answer(1)])
        unit.api_keys.usable(["abcdefgh2345"], NOON)
        unit.api_keys.revoke("abcdefgh2345", NOON)
        unit.incidents.by_reference(["ZD-1"])
        unit.history.of({"customer-1": NOON})
        unit.history.orders(["order-1"])
        unit.incidents.get("inc_0000001")
        unit.offers.get("off_0000001")
    everything(store)
    assert len(written) == 9
    assert seen["read"] >= 15


def test_a_taken_key_is_told_from_other_failures(store):
    with store.writing(MERCHANT) as unit:
        unit.answers.add([answer(1)])
    with pytest.raises(Taken), store.writing(MERCHANT) as unit:
        unit.answers.add([answer(1)])


def test_a_second_live_offer_for_an_incident_is_refused_and_one_after_a_superseded_one_is_not(store):
    with store.writing(MERCHANT) as unit:
        unit.incidents.add([incident(1), incident(2)])
        unit.offers.add([offer(1), offer(2, status=OfferStatus.SUPERSEDED)])
        unit.offers.add([offer(3, incident_id="inc_0000002")])
    with pytest.raises(Taken), store.writing(MERCHANT) as unit:
        unit.offers.add([offer(4, incident_id="inc_0000001")])


def test_answers_are_found_by_path_and_key_with_the_bytes_that_were_sent(store):
    body = bytes(range(256))
    stored = StoredAnswer("/offers", "ключ", "f", 201, body, None, NOON)
    with store.writing(MERCHANT) as unit:
        unit.answers.add([stored, replace(stored, path="/incidents", body=None)])
    with store.reading(MERCHANT) as unit:
        found = unit.answers.find([("/offers", "ключ"), ("/incidents", "ключ"), ("/offers", "other")])
    assert found == {("/offers", "ключ"): stored, ("/incidents", "ключ"): replace(stored, path="/incidents", body=None)}


def test_events_are_numbered_once(store):
    with store.writing(MERCHANT) as unit:
        unit.incidents.add([incident(1)])
        assert unit.events.last("inc_0000001") == START
        second = event(1, last=Link(1, event(1).hash))
        unit.events.add([second, event(1)])
    with pytest.raises(Taken), store.writing(MERCHANT) as unit:
        unit.events.add([replace(second, id="evt_another")])
    with store.reading(MERCHANT) as unit:
        assert unit.events.of("inc_0000001") == [event(1), second]
        assert unit.events.last("inc_0000001") == Link(2, second.hash)


def test_a_key_is_found_by_its_id_alone_and_revoked_once(store):
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, "Acme", NOON))
        unit.api_keys.add(api_key())
    assert store.find_key("abcdefgh2345") == api_key()
    assert store.find_key("bbbbbbbbbbbb") is None
    with store.writing(OTHER) as unit:
        assert unit.api_keys.usable(["abcdefgh2345"], NOON) == {}
        assert not unit.api_keys.revoke("abcdefgh2345", NOON)
    with store.writing(MERCHANT) as unit:
        assert unit.api_keys.usable(["abcdefgh2345"], NOON) == {"abcdefgh2345": api_key()}
        assert unit.api_keys.revoke("abcdefgh2345", NOON)
        assert not unit.api_keys.revoke("abcdefgh2345", NOON)
        assert unit.api_keys.usable(["abcdefgh2345"], NOON) == {}
