"""Budgets: their figures are the sums of their entries, nothing happens twice, and no commit goes above the limit."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from compensation_service.domain.budget import Budget, BudgetChange, BudgetEntry
from compensation_service.domain.merchant import Merchant
from compensation_service.store.budgets import BudgetFilter
from compensation_service.store.failures import Contended, Taken
from compensation_service.store.store import Store, open_store
from compensation_service.store.tables import budget_entries
from records import MERCHANT, NOON, budget, budget_entry, store_offers


@pytest.fixture
def keep(store):
    def keep(*budgets: Budget, offers: int = 3) -> None:
        with store.writing(MERCHANT) as unit:
            unit.merchants.add(Merchant(MERCHANT, "Acme", NOON))
            store_offers(unit, *range(1, offers + 1))
            for each in budgets:
                unit.budgets.add(each)

    return keep


def post(store: Store, *entries: BudgetEntry) -> None:
    with store.writing(MERCHANT) as unit:
        unit.budgets.post(entries)


def figures(store: Store, number: int = 1) -> tuple[int, int]:
    with store.reading(MERCHANT) as unit:
        found = unit.budgets.get(budget(number).id)
    return found.reserved_minor, found.spent_minor


def test_a_budget_is_kept_whole_and_found_again(store, keep):
    kept = [budget(1), budget(2, category="late_delivery"), budget(3, currency="USD")]
    kept.append(budget(4, starts_at=NOON + timedelta(days=1), ends_at=NOON + timedelta(days=2)))
    keep(*kept)
    with store.reading(MERCHANT) as unit:
        assert unit.budgets.get(kept[0].id) == kept[0]
        assert unit.budgets.get("bud_9999999") is None
        assert unit.budgets.page(BudgetFilter(), None, 3).items == tuple(kept[:0:-1])
        assert unit.budgets.page(BudgetFilter(currency="USD"), None, 3).items == (kept[2],)
        assert unit.budgets.page(BudgetFilter(category="late_delivery"), None, 3).items == (kept[1],)
        assert unit.budgets.page(BudgetFilter(at=NOON), None, 3).items == (kept[2], kept[1], kept[0])


def test_a_period_begins_with_its_first_moment_and_ends_before_its_last(store, keep):
    keep(budget())
    begins, ends = budget().starts_at, budget().ends_at
    instant = timedelta(microseconds=1)
    with store.reading(MERCHANT) as unit:
        covering = [bool(unit.budgets.covering(at)) for at in (begins - instant, begins, ends - instant, ends)]
    assert covering == [False, True, True, False]


def test_what_is_reserved_is_spent_or_released(store, keep):
    keep(budget())
    post(store, budget_entry(1, amount=1450), budget_entry(2, amount=100))
    assert figures(store) == (1550, 0)
    post(store, *budget_entry(1).settled(1087, NOON))
    assert figures(store) == (100, 1087)
    post(store, *budget_entry(2, amount=100).settled(0, NOON))
    assert figures(store) == (0, 1087)
    with store.reading(MERCHANT) as unit:
        assert unit.budgets.reservations("off_0000001") == [budget_entry(1)]


@pytest.mark.parametrize(
    "again", [[budget_entry(1)], list(budget_entry(1).settled(0, NOON)), list(budget_entry(1).settled(1450, NOON))]
)
def test_nothing_is_reserved_or_settled_twice(store, keep, again: Sequence[BudgetEntry]):
    keep(budget())
    post(store, budget_entry(1), budget_entry(2))
    post(store, *budget_entry(1).settled(1000, NOON))
    before = figures(store)
    with pytest.raises(Taken):
        post(store, *again)
    assert figures(store) == before


def test_the_last_cent_can_be_reserved_and_not_one_more(store, keep):
    keep(budget(limit_minor=1450))
    with pytest.raises(Contended):
        post(store, budget_entry(1, amount=1451))
    post(store, budget_entry(1, amount=1450))
    with pytest.raises(Contended):
        post(store, budget_entry(2, amount=1))
    assert figures(store) == (1450, 0)


def test_of_several_budgets_all_bear_it_or_none(store, keep):
    keep(budget(1), budget(2, limit_minor=1449))
    with pytest.raises(Contended):
        post(store, budget_entry(1, of=1), budget_entry(1, of=2))
    assert (figures(store, 1), figures(store, 2)) == ((0, 0), (0, 0))


@pytest.mark.parametrize(("reserved", "spent"), [(-1, 0), (0, -1), (100_001, 0), (0, 100_001), (50_001, 50_000)])
def test_the_database_itself_refuses_what_no_budget_can_be(keep, reserved, spent):
    with pytest.raises(IntegrityError):
        keep(budget(reserved_minor=reserved, spent_minor=spent))


def test_running_low_is_noted_once_and_told_once(store, keep):
    keep(budget(limit_minor=10_000))

    def low() -> list[str]:
        with store.writing(MERCHANT) as unit:
            return [each.id for each in unit.budgets.tell_low(NOON)]

    post(store, budget_entry(1, amount=8_999))
    assert low() == []
    post(store, budget_entry(2, amount=1))
    with store.reading(MERCHANT) as unit:
        assert unit.budgets.get(budget().id).low_since == NOON
    assert low() == [budget().id]
    assert low() == []
    post(store, *budget_entry(1, amount=8_999).settled(0, NOON))
    post(store, budget_entry(3, amount=9_000))
    assert low() == [], "it was told"


def test_what_was_told_is_told_again_only_after_somebody_raised_the_limit(store, keep):
    keep(budget(limit_minor=10_000))
    post(store, budget_entry(1, amount=9_000))
    with store.writing(MERCHANT) as unit:
        unit.budgets.tell_low(NOON)
        (held,) = unit.budgets.held([budget().id])
        unit.budgets.change(held.changed(BudgetChange(name="April"), "author", NOON))
        assert unit.budgets.tell_low(NOON) == []
        (held,) = unit.budgets.held([budget().id])
        unit.budgets.change(held.changed(BudgetChange(limit_minor=20_000), "author", NOON))
        assert unit.budgets.tell_low(NOON) == []
    post(store, budget_entry(2, amount=9_000))
    with store.writing(MERCHANT) as unit:
        assert [each.id for each in unit.budgets.tell_low(NOON)] == [budget().id]


def test_an_entry_does_not_wait_for_whoever_holds_its_budget(postgresql_url):
    """Entries refer to budgets; were a held one locked against that, units that post would wait from their start."""
    store = open_store(postgresql_url)
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, "Acme", NOON))
        store_offers(unit, 1)
        unit.budgets.add(budget())
    with store.writing(MERCHANT) as holding:
        holding.budgets.held([budget().id])
        with store.writing(MERCHANT) as posting:
            posting.budgets._scope.add(budget_entries, [budget_entry(1)])  # the first half of `post`
    store.close()


def test_budgets_are_changed_in_the_order_of_their_ids_whatever_the_order_of_entries(store, keep):
    """So that two units that need the same budgets cannot wait for each other."""
    keep(budget(1), budget(2), budget(3))
    changed: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("UPDATE budgets"):
            values = parameters.values() if isinstance(parameters, dict) else parameters
            changed.extend(str(value) for value in values if str(value).startswith("bud_"))

    event.listen(store._engines.writer, "before_cursor_execute", hear)
    post(store, *(budget_entry(1, of=number) for number in (3, 1, 2)))
    assert changed == [budget(number).id for number in (1, 2, 3)]
