"""Exports: everything once and in order, whatever stands in it; and nothing a spreadsheet would work out."""

import csv
import io
import json
import os
from dataclasses import replace
from datetime import timedelta

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

import history
from compensation_service.domain.incident import IncidentStatus
from compensation_service.domain.offer import OfferStatus
from compensation_service.services.incident_export import COLUMNS, ExportFormat, IncidentExport
from compensation_service.services.spreadsheet import guarded, lines, unguarded
from compensation_service.store.incidents import IncidentFilter, IncidentSort
from compensation_service.store.store import open_store
from records import INCIDENT, NOON, offer

EXPORT = "/incidents/export"
MANY = 250
ROWS = int(os.environ.get("EXPORT_ROWS", "2000"))  # 1000000 is the long form: some minutes
WARM = 5
GROWTH_MOST = 16 * 2**20
STARTS = "=+-@\t\r\n\0＝＋－＠"
WORDS = [
    '=HYPERLINK("http://evil")',
    '"=1+1"',
    "'tis late",
    "'=x",
    "-5",
    "+1",
    "@a",
    "＝1",
    "\t=1",
    'late, "so"\r\nlate',
]


def told(number):
    return replace(
        INCIDENT,
        id=f"inc_{number:026}",
        merchant_id="north",
        reference=f"X-{number}",
        summary=WORDS[number % len(WORDS)],
        carrier="dhl" if number % 2 else None,
        occurred_at=NOON + timedelta(hours=number * 7 % 50),
    )


@pytest.fixture(scope="module")
def kept(web_on_each):
    with web_on_each.app.state.services.store.writing("north") as unit:
        unit.incidents.add([told(number) for number in range(MANY)])
        taken = offer(7, "north", incident_id=f"inc_{7:026}", status=OfferStatus.ACCEPTED, worth_minor=1450)
        unit.offers.add([taken])
    return web_on_each


def rows_of(answer):
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def test_everything_once_in_order_and_as_it_was(kept):
    rows = rows_of(kept.get(EXPORT))
    assert [row["id"] for row in rows] == [f"inc_{number:026}" for number in reversed(range(MANY))]
    assert [unguarded(row["summary"]) for row in rows] == [told(n).summary for n in reversed(range(MANY))]
    assert list(rows[0]) == list(COLUMNS)
    assert {row["id"]: row["paid_minor"] for row in rows if row["paid_minor"] != "0"} == {f"inc_{7:026}": "1450"}
    assert {row["severity"] for row in rows} == {"0.374"}


def test_both_forms_say_the_same(kept):
    found = kept.get(EXPORT, headers={"Accept": "application/x-ndjson"})
    assert found.headers["content-type"].startswith("application/x-ndjson")
    objects = [json.loads(line) for line in found.text.splitlines()]
    rows = rows_of(kept.get(f"{EXPORT}?format=csv", headers={"Accept": "application/x-ndjson"}))
    for row, told_in_json in zip(rows, objects, strict=True):
        assert list(told_in_json) == list(COLUMNS)
        in_words = {name: "" if value is None else str(value) for name, value in told_in_json.items()}
        in_words["verified"] = in_words["verified"].lower()
        assert {name: unguarded(cell) for name, cell in row.items()} == in_words


def test_no_cell_starts_a_formula(kept):
    for row in csv.reader(io.StringIO(kept.get(EXPORT).content.decode(), newline="")):
        assert not [cell for cell in row if cell.lstrip("\"' ").startswith(tuple(STARTS)) and not cell.startswith("'")]
        assert not [cell for cell in row if cell.startswith(tuple(STARTS))]


@given(st.text(alphabet=STARTS + "\"' ,;a\n", max_size=6))
def test_what_is_guarded_comes_back(words):
    (cell,), *rest = csv.reader(io.StringIO(lines([[words]]).decode(), newline="")) if words else [[""]]
    assert not rest
    assert not cell.startswith(tuple(STARTS))
    assert unguarded(cell) == words
    assert guarded(words) == cell


def test_numbers_stay_numbers():
    assert lines([[-500, "-500", True, None]]) == b"-500,'-500,true,\r\n"


def test_it_finds_what_a_list_finds(kept):
    conditions = "carrier=dhl&sort=occurred&occurred_from=2026-03-02T00:00:00Z&currency=EUR"
    listed, cursor = [], ""
    while cursor is not None:
        page = kept.get(f"/incidents?{conditions}&limit=100{cursor and f'&cursor={cursor}'}").json()
        listed += [each["id"] for each in page["data"]]
        cursor = page["next_cursor"]
    assert [row["id"] for row in rows_of(kept.get(f"{EXPORT}?{conditions}"))] == listed
    assert rows_of(kept.get(f"{EXPORT}?carrier=nobody")) == []
    assert kept.get(f"{EXPORT}?limit=3").json()["code"] == "unknown_parameter"
    refused = kept.get(f"{EXPORT}?paid_from=3")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["detail"] == "An amount needs its currency: name it, too."


@pytest.mark.parametrize("sort", IncidentSort)
def test_what_changes_meanwhile_moves_nothing(kept, sort):
    store = kept.app.state.services.store
    number = 10_000 + 1000 * list(IncidentSort).index(sort)
    closed = {"status": IncidentStatus.CLOSED, "closed_at": NOON}
    with store.writing("north") as unit:
        unit.incidents.add([replace(told(number + each), **closed) for each in range(150)])
    bites = IncidentExport(store).bites("north", IncidentFilter(sort=sort), ExportFormat.NDJSON)
    first = next(bites)
    with store.writing("north") as unit:
        late = NOON + timedelta(days=99)
        unit.incidents.add([replace(told(number + 500), occurred_at=late, closed_at=late)])
    ids = [json.loads(line)["id"] for line in (first + b"".join(bites)).splitlines()]
    assert len(ids) == len(set(ids))
    assert f"inc_{number + 500:026}" not in ids
    assert {f"inc_{number + each:026}" for each in range(150)} <= set(ids)


def test_what_many_rows_take_of_memory_is_bounded(postgresql_url):
    store = open_store(postgresql_url)
    history.fill(store, "many", ROWS)
    process, count, before, most = psutil.Process(), 0, 0, 0
    for number, bite in enumerate(IncidentExport(store).bites("many", IncidentFilter(), ExportFormat.CSV)):
        count += bite.count(b"\r\n")
        if number <= WARM:
            before = process.memory_info().rss
        elif number % 10 == 0:
            most = max(most, process.memory_info().rss)
    store.close()
    assert count == ROWS + 1
    assert most - before < GROWTH_MOST
