"""Past incidents come in once each, whatever happens, say what is wrong with the others, and count from then on."""

import json
from datetime import timedelta
from pathlib import Path
from time import sleep

import pytest

import databases
import dying_import
import webapp
from compensation_service.api import past_incident
from compensation_service.cli.past_rows import digest, read_mapping_file, rows_of
from compensation_service.clock import random_id, random_token, system_clock
from compensation_service.services.imports import AlreadyImported, ImportService, PastIncident
from compensation_service.store.incidents import IncidentFilter
from compensation_service.store.silence import QUIET_S
from processes import FORKED
from records import webhook_endpoint
from webapp import case

EXAMPLES = Path(__file__).parents[2] / "examples" / "imports"
NORTH = "north"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def web(request, tmp_path_factory):
    made = (
        databases.fresh_sqlite(tmp_path_factory.mktemp("imports"))
        if request.param == "sqlite"
        else databases.fresh_postgresql()
    )
    with made as url, webapp.running(url) as web:
        yield web


@pytest.fixture
def imports(web):
    return ImportService(web.app.state.services.store, system_clock, random_id, random_token)


def told(reference, customer="C-1", **more):
    return {
        "incident": {"reference": reference, "category": "late_delivery", "reported_at": "2025-10-05T12:00:00Z"},
        "customer": {"reference": customer},
        **more,
    }


def row(reference, line, **more):
    return past_incident.read(told(reference, **more), line, system_clock())


def kept(web, **asked):
    with web.app.state.services.store.reading(NORTH) as unit:
        return unit.incidents.page(IncidentFilter(**asked), None, 100).items


def test_the_example_of_the_guide(web, imports):
    mapping = read_mapping_file(EXAMPLES / "helpdesk.yaml")
    rows = list(rows_of(EXAMPLES / "helpdesk.csv", mapping, system_clock()))
    begun = imports.begin(NORTH, digest(EXAMPLES / "helpdesk.csv", EXAMPLES / "helpdesk.yaml"), resume=False)
    tried = imports.try_out(NORTH, begun, rows)
    assert not kept(web, owner="Elena")
    taken = imports.take(NORTH, begun, rows, "someone")
    assert taken.refused == tried.refused
    assert (taken.progress.line, taken.progress.added, taken.progress.refused) == (6, 4, 1)
    (refused,) = taken.refused
    assert (refused.line, refused.field, refused.code) == (6, "/incident/reported_at", "moment_expected")
    (late,) = kept(web, reference="HD-4001")
    assert (late.status, late.carrier, late.given_kind, late.given_minor) == (
        "closed",
        "Northpost",
        "store_credit",
        1200,
    )
    assert late.recorded_at.isoformat() == "2025-10-02T12:00:00+00:00"
    found = web.get(f"/incidents/{late.id}").json()
    assert found["offers"] == []
    assert [event["type"] for event in found["events"]] == ["incident.recorded"]


def test_rows_come_once_each(imports):
    first = imports.begin(NORTH, "1" * 64, resume=False)
    with pytest.raises(AlreadyImported):
        imports.begin(NORTH, "1" * 64, resume=False)
    rows = [row("once-1", 2), row("once-2", 3), row("once-1", 4)]
    done = imports.take(NORTH, first, rows, "someone")
    assert (done.progress.added, done.progress.known, done.refused) == (2, 1, ())
    other = imports.begin(NORTH, "2" * 64, resume=False)
    again = imports.take(NORTH, other, [*rows, row("once-2", 5, file={"owner": "me"})], "someone")
    assert (again.progress.added, again.progress.known) == (0, 3)
    assert [(refused.line, refused.code) for refused in again.refused] == [(5, "reference_taken")]


def test_an_import_that_was_killed_goes_on_behind_what_is_kept(web, imports):
    name, after = "killed", 1
    bites = [
        [row(f"{name}-{bite}-{number}", bite * 10 + number, file={"cause": name}) for number in range(5)]
        for bite in (1, 2, 3)
    ]
    arguments = (web.url, NORTH, name, bites, after)
    process = FORKED.Process(target=dying_import.import_and_die, args=arguments)
    process.start()
    process.join()
    assert process.exitcode == 9
    assert len(kept(web, cause=name)) == 5
    progress = imports.begin(NORTH, name, resume=True)
    assert progress.line == 14
    for rows in bites:
        if rest := [each for each in rows if each.line > progress.line]:
            progress = imports.take(NORTH, progress, rest, "someone").progress
    assert (progress.added, progress.known) == (15, 0)
    references = [each.reference for each in kept(web, cause=name)]
    assert len(references) == len(set(references)) == 15


def imported(imports, name, **more):
    progress = imports.begin(NORTH, name, resume=False)
    return imports.take(
        NORTH, progress, [row(**{"reference": name, "line": 2, "customer": name, **more})], "someone"
    ).progress


DECIDED = ("severity", "loyalty", "goodwill", "options", "guards", "approval", "status")


def test_what_was_given_and_claimed_counts_in_the_next_decision(web, imports):
    """The offer is the one of a preview that is told the same history, and another one than without it."""
    moment = (system_clock() - timedelta(days=40)).isoformat(timespec="seconds")
    body = {**case("now-1", "counts"), "decided_at": system_clock().isoformat()}
    body["customer"] |= {"reference": "counts"}
    incident = {"reference": "counts", "category": "not_received", "reported_at": moment, "verified": False}
    ending = {"given_minor": 90_000, "given_kind": "apology"}
    assert imported(imports, "counts", incident=incident, order={"currency": "EUR"}, ending=ending).added == 1

    past = {"category": "not_received", "occurred_at": moment, "verified": False, "reference": "counts"}
    history = {"incidents": [past], "goodwill_12m": 90_000, "apologies_90d": 1, "unverified_claims_12m": 1}
    knowing = web.post("/offers/preview", {**body, "customer": {**body["customer"], "history": history}}).json()
    unknowing = web.post("/offers/preview", body).json()
    offer = web.offer("now-1", "counts")
    assert {name: offer[name] for name in DECIDED} == {name: knowing[name] for name in DECIDED}
    assert {name: offer[name] for name in DECIDED} != {name: unknowing[name] for name in DECIDED}
    assert offer["status"] == "pending_approval"


def test_what_was_given_for_an_order_counts_for_it(web, imports):
    body = case("same-order-2", "same-order")
    order = {"reference": body["order"]["reference"], "currency": "EUR", "total": 10490}
    ending = {"given_minor": 10_000, "given_kind": "partial_refund"}
    imported(imports, "same-order", order=order, ending=ending)
    without = web.offer("same-order-3", "same-order-else")["goodwill"]["amount"]["amount"]
    assert web.offer("same-order-2", "same-order")["goodwill"]["amount"]["amount"] < without


def test_what_was_given_is_found_and_exported_as_paid(web, imports):
    imported(imports, "paid", order={"currency": "EUR"}, file={"carrier": "Paid post"}, ending={"given_minor": 1_100})
    for least, found in ((1_100, ["paid"]), (1_101, [])):
        page = web.get(f"/incidents?carrier=Paid post&currency=EUR&paid_from={least}").json()["data"]
        assert [each["reference"] for each in page] == found
    (line,) = web.get("/incidents/export?carrier=Paid post&format=ndjson").text.splitlines()
    assert json.loads(line)["paid_minor"] == 1_100


def test_nobody_is_told_of_what_happened_long_ago(web, imports):
    with web.app.state.services.store.writing(NORTH) as unit:
        unit.webhook_endpoints.add([webhook_endpoint(1, NORTH)])
    sleep(QUIET_S)
    imported(imports, "silent")
    assert web.get("/webhook-endpoints/whe_0000001/deliveries").json()["data"] == []
    web.offer("silent-2", "silent")
    assert web.get("/webhook-endpoints/whe_0000001/deliveries").json()["data"]


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"incident": {"category": "other", "reported_at": "2025-10-05T12:00:00Z"}}, "", "reference_missing"),
        ({"incident": {"reference": "R", "category": "other"}}, "", "moment_missing"),
        ({"ending": {"given_minor": 5}}, "", "currency_missing"),
        ({"ending": {"closed_at": "2199-01-01T00:00:00Z"}}, "", "in_the_future"),
        ({"ending": {"status": "open"}}, "/ending/status", "literal_error"),
        ({"ending": {"given_minor": -5}}, "/ending/given_minor", "greater_than_equal"),
        ({"customer": {"reference": "\x07"}}, "/customer/reference", "forbidden_character"),
        ({"customer": {}}, "/customer", "missing"),
    ],
)
def test_a_row_says_what_is_wrong_with_it(tmp_path, change, field, code):
    file, mapping = tmp_path / "rows.ndjson", tmp_path / "m.yaml"
    file.write_text(f"\n{json.dumps(told('R') | change)}\n")
    names = {
        part: set(told("R").get(part, {})) | set(change.get(part, {})) for part in ("incident", "customer", "ending")
    }
    mapping.write_text(json.dumps({part: {name: f"{part}.{name}" for name in each} for part, each in names.items()}))
    (refused,) = rows_of(file, read_mapping_file(mapping), system_clock())
    assert (refused.line, refused.field, refused.code) == (2, field, code)


def test_lines_that_are_not_like_the_others(tmp_path):
    mapping = read_mapping_file(EXAMPLES / "helpdesk.yaml")
    lines = (EXAMPLES / "helpdesk.csv").read_text().splitlines()
    file = tmp_path / "rows.csv"
    file.write_text("\n".join([lines[0], lines[1], "4009,Late parcel", lines[2] + ",more"]))
    rows = list(rows_of(file, mapping, system_clock()))
    assert [type(each) is PastIncident or each.code for each in rows] == [True, "unreadable", "unreadable"]
    (tmp_path / "rows.ndjson").write_text("[1\n")
    (unread,) = rows_of(tmp_path / "rows.ndjson", mapping, system_clock())
    assert (unread.line, unread.code) == (1, "unreadable")
