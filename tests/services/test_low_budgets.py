"""Endpoints are told of budgets that ran low, once, and of policies that were activated."""

from dataclasses import replace
from itertools import count

import orjson
import pytest

import records
from compensation_service.api.webhooks import shape_of
from compensation_service.domain.merchant import Merchant
from compensation_service.services.low_budgets import LowBudgetService
from records import MERCHANT, NOON, webhook_endpoint


@pytest.fixture
def service(store):
    numbers = count(1)
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, MERCHANT, NOON))
        unit.webhook_endpoints.add([webhook_endpoint()])
        unit.budgets.add(replace(records.budget(1), low_since=NOON, limit_minor=1000, spent_minor=950))
    return LowBudgetService(store, lambda: NOON, lambda prefix: f"{prefix}_{next(numbers):07}")


def test_a_low_budget_is_told_once(service, store):
    assert [service.tell(), service.tell()] == [1, 0]
    with store.reading(MERCHANT) as unit:
        (line,) = unit.deliveries.page("whe_0000001", None, None, None, 9).items
        notice = unit.notices.find([line.message_id])[line.message_id]
    told = orjson.loads(notice.payload)
    assert (line.type, told["limit"], told["left"]) == ("budget.low", 1000, 50)
    shape_of(line.type).model_fields["data"].annotation.model_validate(told)
