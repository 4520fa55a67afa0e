"""Finding incidents: by words, by what had to do with them, by what was paid; and plans that stay good as they grow."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, text

import databases
import history
from compensation_service.domain.incident import IncidentStatus, Stage
from compensation_service.domain.search_text import words
from compensation_service.store.incidents import IncidentFilter, IncidentSort
from compensation_service.store.store import open_store
from records import INCIDENT, MERCHANT, NOON

SUMMARIES = ["The parcel came late", "Посылка ЁЛКА опоздала", "مرسوله دیر رسید", "Late again: parcel, parcel!"]


def told(number, **more):
    return replace(
        INCIDENT,
        id=f"inc_{number:026}",
        reference=f"search-{number}",
        summary=SUMMARIES[number % len(SUMMARIES)],
        occurred_at=NOON + timedelta(hours=number * 7 % 50),
        carrier="dhl" if number % 3 else None,
        owner="ann" if number % 2 else None,
        stage=Stage.TRANSIT if number % 5 == 0 else None,
        **more,
    )


@pytest.fixture
def shelf(store):
    """Some incidents, told apart by number."""
    kept = [told(number) for number in range(40)]
    with store.writing(MERCHANT) as unit:
        unit.incidents.add(kept)
    return kept


def found(store, limit=100, **asked):
    items, after = [], None
    with store.reading(MERCHANT) as unit:
        while True:
            page = unit.incidents.page(IncidentFilter(**asked), after, limit)
            items += page.items
            after = page.next_after
            if after is None:
                return items


def ids(items):
    return [each.id for each in items]


def test_by_words_however_they_are_written(store, shelf):
    for asked, numbers in (
        ("late PARCEL", {0, 3}),
        ("parcel", {0, 3}),
        ("елка", {1}),
        ("مرسولة", {2}),
        ("late елка", set()),
        ("parce", set()),
    ):
        wanted = {each.id for number, each in enumerate(shelf) if number % 4 in numbers}
        assert set(ids(found(store, words=words(asked)))) == wanted, asked


def test_conditions_hold_together(store, shelf):
    wanted = [each for each in shelf if each.carrier == "dhl" and each.owner == "ann" and "late" in words(each.summary)]
    assert set(ids(found(store, carrier="dhl", owner="ann", words=("late",)))) == set(ids(wanted))
    assert set(ids(found(store, stage=Stage.TRANSIT))) == {each.id for each in shelf if each.stage}


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_pages_by_the_moment_have_everything_once_in_order(store, shelf, limit):
    asked = {"sort": IncidentSort.OCCURRED, "occurred_from": NOON + timedelta(hours=5)}
    wanted = sorted(
        (each for each in shelf if each.occurred_at >= NOON + timedelta(hours=5)),
        key=lambda each: (each.occurred_at, each.id),
        reverse=True,
    )
    assert ids(found(store, limit, **asked)) == ids(wanted)


def test_what_is_added_meanwhile_moves_nothing(store, shelf):
    with store.reading(MERCHANT) as unit:
        first = unit.incidents.page(IncidentFilter(sort=IncidentSort.OCCURRED), None, 10)
    with store.writing(MERCHANT) as unit:
        unit.incidents.add([replace(told(99), occurred_at=NOON + timedelta(days=9))])
    with store.reading(MERCHANT) as unit:
        second = unit.incidents.page(IncidentFilter(sort=IncidentSort.OCCURRED), first.next_after, 100)
    assert not set(ids(first.items)) & set(ids(second.items))
    assert len(first.items) + len(second.items) == len(shelf)


def test_a_changed_summary_is_found_by_its_new_words_only(store, shelf):
    with store.writing(MERCHANT) as unit:
        assert unit.incidents.change(replace(shelf[0], summary="A broken cup"))
    assert shelf[0].id in ids(found(store, words=("cup",)))
    assert shelf[0].id not in ids(found(store, words=("late",)))


def test_an_erased_incident_is_found_by_no_word(store, shelf):
    with store.writing(MERCHANT) as unit:
        unit.erasure.erase([shelf[0].id], [], "somebody", NOON)
    assert shelf[0].id not in ids(found(store, words=("late",)))
    with store.reading(MERCHANT) as unit:
        rows = unit._connection.execute(text("SELECT DISTINCT incident_id FROM incident_words")).all()
    assert shelf[0].id not in {incident_id for (incident_id,) in rows}


def test_what_was_closed_and_when(store, shelf):
    with store.writing(MERCHANT) as unit:
        for number in (1, 3):
            closed_at = NOON + timedelta(days=number)
            assert unit.incidents.change(replace(shelf[number], status=IncidentStatus.CLOSED, closed_at=closed_at))
    asked = {
        "owner": "ann",
        "sort": IncidentSort.CLOSED,
        "closed_from": NOON,
        "closed_before": NOON + timedelta(days=9),
    }
    assert ids(found(store, **asked)) == [shelf[3].id, shelf[1].id]


@pytest.fixture(scope="module")
def many():
    """A history of 10,000 incidents on PostgreSQL, with what the planner knows of it."""
    with databases.fresh_postgresql() as url:
        store = open_store(url)
        history.fill(store, MERCHANT, 10_000)
        yield store
        store.close()


@pytest.mark.parametrize("asked", history.LISTED, ids=history.name_of)
def test_no_listed_question_reads_the_whole_history(many, asked):
    sent = []
    with many.reading(MERCHANT) as unit:
        connection = unit._connection
        event.listen(connection, "before_cursor_execute", lambda *told: sent.append(told[2:4]))
        unit.incidents.page(IncidentFilter(**asked), None, 50)
        statement, parameters = sent[-1]
        lines = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).all()
    plan = "\n".join(line for (line,) in lines)
    assert "Seq Scan on incident" not in plan, plan
    assert "Sort" not in plan or "order" in asked, plan  # an order has a few incidents, whatever there are
