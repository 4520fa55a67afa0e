"""`/budgets`: the most that goodwill may cost over a period, and what offers have reserved and spent of it."""

from datetime import datetime
from typing import Annotated, Any, Self

import orjson
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from compensation_service.api import idempotency, lists
from compensation_service.api.answers import Answer as Shape
from compensation_service.api.answers import Moment as MomentOut
from compensation_service.api.answers import MoneyOut, PageOut
from compensation_service.api.fields import Code, Currency, Identifier, Minor, Moment, Name, Strict
from compensation_service.api.in_time import in_time, written_in_time
from compensation_service.api.offer_moves import if_match
from compensation_service.api.problems import Problem
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.budget import LOW_PERCENT_USUAL, AskedBudget, BudgetChange, month
from compensation_service.store.budgets import BudgetFilter

JSON = "application/json"
PATH = "/budgets"
ETAG = {
    "ETag": {
        "description": "The version of what can be changed, for If-Match; offers do not change it.",
        "schema": {"type": "string"},
    }
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the budget as you read it: 412 if it was changed since. `*` stands for any.",
    "schema": {"type": "string"},
    "example": '"1"',
}

router = APIRouter(route_class=GuardedRoute, tags=["budgets"])
BudgetId = Annotated[Identifier, Path()]
Percent = Annotated[int, Field(ge=0, le=100, description="So much of the limit left, or less, is low.")]
Month = Annotated[str, StringConstraints(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$"), Field(description="A month in UTC.")]


class BudgetBody(Strict):
    """A budget to be made: for a month, or from `starts_at` on and before `ends_at`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "December", "currency": "EUR", "limit": 500_000, "month": "2026-12"},
                {
                    "name": "Late parcels around the holidays",
                    "currency": "EUR",
                    "limit": 100_000,
                    "category": "late_delivery",
                    "starts_at": "2026-12-15T00:00:00+02:00",
                    "ends_at": "2027-01-07T00:00:00+02:00",
                },
            ]
        }
    )

    name: Name
    currency: Currency
    limit: Minor
    category: Annotated[Code | None, Field(description="Only goodwill in this category; otherwise in all.")] = None
    month: Month | None = None
    starts_at: Annotated[Moment | None, Field(description="From this moment on.")] = None
    ends_at: Annotated[Moment | None, Field(description="Until before this moment.")] = None
    low_percent: Percent = LOW_PERCENT_USUAL

    @model_validator(mode="after")
    def _one_period(self) -> Self:
        by_month, by_moments = self.month is not None, (self.starts_at is not None, self.ends_at is not None)
        if by_moments != ((not by_month,) * 2):
            raise PydanticCustomError("period_expected", "Either month, or starts_at and ends_at, is expected.")
        return self

    def to_asked(self) -> AskedBudget:
        """The budget that is asked for."""
        starts_at, ends_at = self._period()
        return AskedBudget(self.name, self.currency, self.limit, starts_at, ends_at, self.category, self.low_percent)

    def _period(self) -> tuple[datetime, datetime]:
        if self.starts_at is not None and self.ends_at is not None:
            return self.starts_at, self.ends_at
        year, number = map(int, (self.month or "").split("-"))
        return month(year, number)


class ChangeBody(Strict):
    """What to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"limit": 600_000}]})

    name: Name | None = None
    limit: Annotated[Minor | None, Field(description="Not below `liable`.")] = None
    ends_at: Annotated[Moment | None, Field(description="What was reserved until then stays so.")] = None
    low_percent: Percent | None = None


class BudgetOut(Shape):
    """A budget. `liable` is `reserved` and `spent` together, `left` is what offers can still reserve."""

    id: str
    name: str
    currency: str
    category: str | None
    starts_at: MomentOut
    ends_at: MomentOut
    limit: MoneyOut
    reserved: Annotated[MoneyOut, Field(description="By offers that wait for an answer: what they can cost at most.")]
    spent: Annotated[MoneyOut, Field(description="By accepted offers: what the goodwill in them costs.")]
    liable: MoneyOut
    left: MoneyOut
    low_percent: int
    low_since: Annotated[MomentOut | None, Field(description="When it ran low, if it has.")]
    version: int
    created_at: MomentOut
    created_by: Annotated[str, Field(description="The id of a key, or `command-line`.")]
    changed_at: MomentOut
    changed_by: str


class BudgetPage(PageOut):
    """Budgets."""

    data: list[BudgetOut]


class BudgetQuery(BaseModel):
    """Which budgets to list."""

    model_config = ConfigDict(extra="forbid")

    limit: lists.Limit = lists.LIMIT_USUAL
    cursor: lists.Cursor | None = None
    currency: Currency | None = None
    category: Code | None = None
    at: Annotated[Moment | None, Field(description="Those in whose period this moment lies.")] = None

    def to_filter(self) -> BudgetFilter:
        """The filters as the store knows them."""
        return BudgetFilter(self.currency, self.category, self.at)


@router.get(PATH, operation_id="listBudgets", response_model=BudgetPage)
async def list_budgets(request: Request, query: Annotated[BudgetQuery, Query()]) -> Response:
    """List budgets with what is reserved, spent and left, newest first."""
    filters = query.model_dump(exclude={"limit", "cursor"}, exclude_none=True)
    return await lists.answer(request, services_of(request).budgets.page, query.to_filter(), filters, query)


@router.post(
    PATH,
    operation_id="createBudget",
    status_code=201,
    response_model=BudgetOut,
    openapi_extra={"parameters": [idempotency.header("Needed here.", required=True)]},
    responses={201: {"headers": ETAG}},
)
async def create_budget(request: Request, body: BudgetBody) -> Response:
    """Make a budget. Goodwill offered from now on asks it and every other budget that covers it; what is owed, none."""
    repeatable = await idempotency.read(request, PATH)
    if repeatable is None:
        raise Problem("idempotency_key_missing", "Send an Idempotency-Key.")
    key = _who(request)
    create = services_of(request).budgets.create
    answer = await written_in_time(create, key.merchant_id, body.to_asked(), key.id, repeatable)
    return idempotency.answered(answer, lambda made: f'"{orjson.loads(made)["version"]}"')


@router.get(
    f"{PATH}/{{budget_id}}", operation_id="getBudget", response_model=BudgetOut, responses={200: {"headers": ETAG}}
)
async def get_budget(request: Request, budget_id: BudgetId) -> Response:
    """Answer one budget as it stands."""
    return _shown(await in_time(services_of(request).budgets.get, _who(request).merchant_id, budget_id))


@router.patch(
    f"{PATH}/{{budget_id}}",
    operation_id="changeBudget",
    response_model=BudgetOut,
    openapi_extra={"parameters": [IF_MATCH]},
    responses={200: {"headers": ETAG}},
)
async def change_budget(request: Request, budget_id: BudgetId, body: ChangeBody) -> Response:
    """Change a budget's limit, name, end or threshold. A limit below what is reserved and spent is refused with 409."""
    if "if-match" not in request.headers:
        raise Problem("precondition_required")
    wanted = BudgetChange(body.name, body.limit, body.ends_at, body.low_percent)
    key, change = _who(request), services_of(request).budgets.change
    return _shown(await written_in_time(change, key.merchant_id, budget_id, wanted, key.id, if_match(request)))


def _who(request: Request) -> ApiKey:
    key: ApiKey = request.scope["api_key"]
    return key


def _shown(document: dict[str, Any]) -> Response:
    return Response(orjson.dumps(document), 200, {"ETag": f'"{document["version"]}"'}, JSON)
