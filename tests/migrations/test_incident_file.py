"""Going back before incident files: what the tables before cannot hold is made to fit."""

from sqlalchemy import text

import records
from compensation_service.domain.offer import OfferStatus
from compensation_service.store import schema
from compensation_service.store.engine import open_engines
from compensation_service.store.store import open_store
from records import MERCHANT, OPTION

BEFORE = "20261122_0130"


def test_undecided_incidents_and_later_offers_can_be_taken_back(database_url):
    store = open_store(database_url)
    with store.writing(MERCHANT) as unit:
        unit.incidents.add([records.incident(0), records.incident(1, band=None, severity=None, currency=None)])
        for number, status in enumerate((OfferStatus.DECLINED, OfferStatus.ACCEPTED, OfferStatus.OPEN)):
            made = records.offer(number, incident_id="inc_0000000", status=status).offer
            unit.offers.add([records.NewOffer(made, (OPTION,))])
    store.close()
    schema.downgrade(database_url, BEFORE)
    assert column(database_url, "SELECT status FROM offers ORDER BY id") == ["superseded", "superseded", "open"]
    assert column(database_url, "SELECT band FROM incidents ORDER BY id") == ["moderate", "trivial"]
    schema.upgrade(database_url)
    assert schema.check(database_url).is_current


def column(url, statement):
    engines = open_engines(url)
    with engines.writer.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('app.merchant_id', :merchant, true)"), {"merchant": MERCHANT})
        found = list(connection.execute(text(statement)).scalars())
    engines.dispose()
    return found
