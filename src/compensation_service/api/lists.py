"""Lists: pages of at most 100, newest first, with a signed cursor and a link to the next page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Protocol, TypeAlias, TypeVar
from urllib.parse import urlencode

import orjson
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from compensation_service.api.cursors import CURSOR_LENGTH_MOST, Cursors
from compensation_service.api.in_time import in_time
from compensation_service.domain.api_key import ApiKey

LIMIT_MOST = 100
LIMIT_USUAL = 20

Limit = Annotated[int, Field(ge=1, le=LIMIT_MOST, description="Most that a page holds.")]
Cursor = Annotated[
    str, Field(max_length=CURSOR_LENGTH_MOST, pattern="^[A-Za-z0-9_.-]+$", description="`next_cursor` of a page.")
]
Filter = TypeVar("Filter")
Pages: TypeAlias = Callable[[str, Filter, str | None, int], tuple[Sequence[object], str | None]]
"""Finds at most so many items of a merchant after one of them, and where the next page begins; blocks."""


class PageQuery(Protocol):
    """What every list takes besides its filters."""

    limit: int
    cursor: str | None


async def answer(
    request: Request, page: Pages[Filter], wanted: Filter, filters: Mapping[str, object], query: PageQuery
) -> Response:
    """Answer one page; `filters` are those that are set, by name. BadCursor where the cursor belongs elsewhere."""
    key: ApiKey = request.scope["api_key"]
    cursors: Cursors = request.app.state.cursors
    path = request.scope["path"]
    after = cursors.read(query.cursor, key.merchant_id, path, filters) if query.cursor else None
    items, next_after = await in_time(page, key.merchant_id, wanted, after, query.limit)
    following = next_after and cursors.make(next_after, key.merchant_id, path, filters)
    headers = {}
    if following:
        shown = urlencode({**_texts(filters), "limit": query.limit, "cursor": following})
        headers["Link"] = f'<{request.app.state.public_base_url}{path}?{shown}>; rel="next"'
    document = {
        "data": items,
        "has_more": following is not None,
        "next_cursor": following,
    }
    return Response(orjson.dumps(document), 200, headers, "application/json")


def _texts(filters: Mapping[str, object]) -> Mapping[str, object]:
    """Filters as they stand in a query string; orjson knows how a moment or an enumeration is written."""
    texts: Mapping[str, object] = orjson.loads(orjson.dumps(filters))
    return {name: str(text).lower() if isinstance(text, bool) else text for name, text in texts.items()}
