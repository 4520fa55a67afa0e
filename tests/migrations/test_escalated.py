"""What was escalated before incidents said so is taken from the events."""

from dataclasses import replace
from datetime import timedelta

import records
from compensation_service.domain.event import EventType, Link
from compensation_service.store import schema
from compensation_service.store.incidents import IncidentFilter
from compensation_service.store.store import open_store
from records import MERCHANT, NOON

BEFORE = "20261122_0240"
HOUR = timedelta(hours=1)


def test_the_last_escalation_is_known(database_url):
    store = open_store(database_url)
    with store.writing(MERCHANT) as unit:
        unit.incidents.add([records.incident(number) for number in range(2)])
        for sequence in range(2):
            made = records.event(1, last=Link(sequence, ""))
            escalated = {"type": EventType.INCIDENT_ESCALATED, "occurred_at": NOON + sequence * HOUR}
            unit.events.add([replace(made, **escalated), records.event(0, last=Link(sequence, ""))])
    store.close()
    schema.downgrade(database_url, BEFORE)
    schema.upgrade(database_url)
    store = open_store(database_url)
    with store.reading(MERCHANT) as unit:
        assert [each.escalated_at for each in unit.incidents.page(IncidentFilter(), None, 9).items] == [
            NOON + HOUR,
            None,
        ]
    store.close()
