"""Erasing: whoever searches the whole database finds nothing of the customer, and everything still adds up."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import LargeBinary, MetaData, Text, func, select

import records
import webapp
from compensation_service.clock import random_id, system_clock
from compensation_service.domain.incident import IncidentStatus
from compensation_service.services.erasure import ErasureService, Outdated, Retention
from compensation_service.store.store import open_store
from compensation_service.store.tables import incidents, offers
from compensation_service.webhooks.sender import Outcome
from forgery import as_merchant, connected, forging, seal, verified

SECRETS = ("C-Secret", "ticket-secret", "order-secret", "Mrs Secret", "mrs@secret.example")
"""What identifies the customer in what is sent."""
ON_SQLITE = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
"""Where the databases do not differ."""


@pytest.fixture
def web(database_url):
    with webapp.running(database_url) as web:
        yield web


@pytest.fixture
def store(database_url):
    opened = open_store(database_url)
    yield opened
    opened.close()


def tell_everything(web, number=0):
    """An incident with something of the customer in everything that belongs to it; the id of its offer."""
    body = webapp.case(f"ticket-secret-{number}", "C-Secret")
    body["order"]["reference"] = f"order-secret-{number}"
    body["incident"]["summary"] = "Mrs Secret waited in vain."
    made = web.post("/offers", body, **{"Idempotency-Key": f"key-{number}"})
    assert made.status_code == 201, made.text
    offer, incident = made.json()["id"], made.json()["incident"]["id"]
    words = {"words": "Mrs Secret wants her money back."}
    letter = {"kind": "follow_up"}
    sent = [
        web.post(f"/offers/{offer}/counter", words, **{"Idempotency-Key": f"counter-{number}"}),
        web.post(f"/offers/{offer}/decline", {"reason": "Mrs Secret is angry."}),
        web.post(f"/incidents/{incident}/messages", _paper(words), **{"Idempotency-Key": f"message-{number}"}),
        web.post(f"/incidents/{incident}/letters", letter, **{"Idempotency-Key": f"letter-{number}"}),
        web.post(f"/incidents/{incident}/account", words, **{"Idempotency-Key": f"account-{number}"}),
        web.post(f"/incidents/{incident}/evidence", EVIDENCE, **{"Idempotency-Key": f"evidence-{number}"}),
    ]
    assert all(answer.status_code < 300 for answer in sent), [answer.text for answer in sent]
    return offer


EVIDENCE = {
    "kind": "photo",
    "description": "The face of Mrs Secret.",
    "link": "https://shop.example/?mrs@secret.example",
}


def _paper(words):
    return {"direction": "in", "channel": "email", **words, "by": "Mrs Secret"}


@contextmanager
def reading(url):
    """A connection beside the service's, and the tables as this database has them."""
    tables = MetaData()
    with connected(url) as connection:
        connection.execute(as_merchant(connection))
        tables.reflect(connection)
        yield connection, tables.tables


def everything(url):
    """Every value of every column of text of every table, with where it stands."""
    with reading(url) as (connection, tables):
        for table in tables.values():
            for column in table.columns:
                if isinstance(column.type, Text | LargeBinary):
                    for (value,) in connection.execute(select(column).where(column.is_not(None))):
                        yield f"{table.name}.{column.name}", value.decode() if isinstance(value, bytes) else value


def places(url):
    return sorted({place for place, value in everything(url) if any(secret in value for secret in SECRETS)})


def sums(url):
    """What is counted and added up, which erasing must not change."""
    with reading(url) as (connection, tables):
        offers, incidents, remedies = (tables[name].c for name in ("offers", "incidents", "remedies"))
        asked = [
            select(func.count(offers.id), func.sum(offers.worth_minor), func.sum(offers.goodwill_minor)),
            select(func.count(incidents.id), func.count(incidents.customer_reference.distinct())),
            select(func.count(remedies.offer_id), func.sum(remedies.cost_minor)),
        ]
        return [tuple(connection.execute(question).one()) for question in asked]


def echo(web):
    """Let an endpoint take everything that it was told of, and answer with what it was sent."""
    deliveries = web.app.state.services.deliveries
    while parcels := deliveries.claim("north", "whe_0000001", 9):
        for parcel in parcels:
            now = system_clock()
            deliveries.settle(parcel, Outcome(200, answer=parcel.body.decode()), now)


def test_nothing_of_an_erased_customer_is_found_anywhere(web, store, database_url):
    with store.writing("north") as unit:
        unit.webhook_endpoints.add([records.webhook_endpoint(1, "north")])
    made = [tell_everything(web, number) for number in range(3)]
    other = web.offer("another", "C-Other")
    echo(web)
    seal(store, 0)
    assert {place.partition(".")[0] for place in places(database_url)} >= {
        *("incidents", "offers", "offer_moves", "messages", "evidence", "accounts", "answers", "delivery_attempts"),
    }
    before = sums(database_url)
    erased = web.post("/customers/C-Secret/erase", None)
    assert (erased.status_code, erased.json()) == (200, {"incidents": 3})
    assert places(database_url) == []
    assert sums(database_url) == before
    found, count = verified(store)
    assert (found, count.erased) == ([], 3)
    seal(store, 1)
    assert verified(store)[0] == []
    shown = web.get(f"/offers/{made[0]}").json()
    assert (shown["incident"]["reference"], shown["moves"][0]["words"]) == (None, None)
    assert shown["options"]
    assert web.get(f"/offers/{other['id']}").json()["incident"]["reference"] == "another"
    assert web.post("/customers/C-Secret/erase", None).json() == {"incidents": 0}


@ON_SQLITE
def test_what_asks_for_erased_facts_is_told_so(web):
    offer = tell_everything(web)
    again = webapp.case("ticket-secret-0", "C-Secret")
    assert web.post("/customers/C-Secret/erase", None).status_code == 200
    refused = web.post(f"/offers/{offer}/recompute", None)
    assert (refused.status_code, refused.json()["code"]) == (409, "erased")
    replayed = web.post("/offers", again, **{"Idempotency-Key": "key-0"})
    assert (replayed.status_code, replayed.json()["id"]) == (200, offer), "the key still makes nothing twice"


@ON_SQLITE
def test_what_was_erased_is_still_held_fast(web, store, database_url):
    offer = tell_everything(web)
    assert web.post("/customers/C-Secret/erase", None).status_code == 200
    seal(store, 1)
    with forging(database_url) as forger:
        (row,) = forger.rows(offers)
        forger.change(offers, row, worth_minor=row["worth_minor"] + 1)
        forger.commit()
        found, _ = verified(store)
        assert [(finding.fault, finding.place) for finding in found] == [("changed", offer)]


@ON_SQLITE
def test_a_row_cannot_pass_for_erased(web, store, database_url):
    offer = tell_everything(web)
    seal(store, 1)
    with forging(database_url) as forger:
        (row,) = forger.rows(incidents)
        forger.change(incidents, row, salt=None, erased_at=system_clock())
        forger.commit()
        assert offer in {finding.place for finding in verified(store)[0]}


def test_what_was_kept_long_enough_goes_by_itself(web, store, database_url):
    offer = tell_everything(web)
    incident = web.get(f"/offers/{offer}").json()["incident"]["id"]
    keep = Retention(answers=30, closed=365)
    later = ErasureService(store, lambda: system_clock() + timedelta(days=366), random_id)
    assert ErasureService(store, system_clock, random_id).retain(keep) == Outdated(0, 0)
    assert later.retain(keep) == Outdated(erased=0, cleared=6), "an open incident is kept, whatever its age"
    closed = web.client.patch(
        f"/incidents/{incident}", json={"status": "closed"}, headers={**web.headers, "If-Match": "*"}
    )
    assert (closed.status_code, closed.json()["status"]) == (200, IncidentStatus.CLOSED)
    assert later.retain(Retention()) == Outdated(0, 0)
    assert later.retain(keep) == Outdated(erased=1, cleared=0)
    assert later.retain(keep) == Outdated(0, 0)
    assert places(database_url) == []
