"""`/letterhead`: who writes a merchant's letters, and the merchant's own texts in them."""

from typing import Annotated, Any, Final, Literal

import orjson
from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field
from starlette.responses import Response

from compensation_service.api.answers import Answer as AnswerOut
from compensation_service.api.fields import Strict
from compensation_service.api.in_time import in_time, written_in_time
from compensation_service.api.offers import JSON
from compensation_service.api.problems import Problem
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.domain.api_key import ApiKey
from compensation_service.services.letterheads import Letterhead

ETAG: Final = {"ETag": {"description": "The version of the letterhead, for If-Match.", "schema": {"type": "string"}}}
IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": 'The ETag of the letterhead as you read it, `"0"` before the first. `*` stands for any.',
    "schema": {"type": "string"},
    "example": '"0"',
}

router = APIRouter(route_class=GuardedRoute, tags=["letters"])

Language = Literal["en", "ru", "bg", "fa"]
Line = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\r\n\t]+$")]
Variant = Annotated[str, Field(min_length=1, max_length=500)]
Texts = Annotated[
    dict[Language, Annotated[dict[str, Annotated[list[Variant], Field(max_length=20)]], Field(max_length=60)]],
    Field(
        description="Own texts by language and part, such as `thanks` or `responsibility.partner`; placeholders are "
        "`{{customer.name}}`, `{{contact.name}}`, `{{shop.name}}`, `{{fact}}`, `{{clause}}` and `{{promise}}`."
    ),
]


class LetterheadBody(Strict):
    """What stands on letters."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "shop": "Northern Kettles",
                    "contact": "Anna Petrova",
                    "address": "help@north.example",
                    "texts": {"en": {"closing": ["Warm regards from {{shop.name}}"]}},
                }
            ]
        }
    )

    shop: Line
    contact: Annotated[Line | None, Field(description="The name to write to; it signs the letters.")] = None
    address: Annotated[Line | None, Field(description="Where it is reached: an e-mail address or a telephone.")] = None
    texts: Texts = Field(default_factory=dict)


class LetterheadOut(AnswerOut):
    """What stands on letters; version 0 where nothing was set."""

    version: int
    shop: str
    contact: str | None
    address: str | None
    texts: dict[str, dict[str, list[str]]]


@router.get(
    "/letterhead", operation_id="getLetterhead", response_model=LetterheadOut, responses={200: {"headers": ETAG}}
)
async def get_letterhead(request: Request) -> Response:
    """Answer what stands on letters."""
    key: ApiKey = request.scope["api_key"]
    return _answered(orjson.dumps(await in_time(services_of(request).letterheads.get, key.merchant_id)))


@router.put(
    "/letterhead",
    operation_id="putLetterhead",
    response_model=LetterheadOut,
    openapi_extra={"parameters": [IF_MATCH]},
    responses={200: {"headers": ETAG}},
)
async def put_letterhead(request: Request, body: LetterheadBody) -> Response:
    """Say who writes, and say parts of letters in own words. A text that breaks a rule of letters is refused."""
    key: ApiKey = request.scope["api_key"]
    version = request.headers.get("if-match")
    if version is None:
        raise Problem("precondition_required")
    texts = {str(language): own for language, own in body.texts.items()}
    letterhead = Letterhead(body.shop, body.contact, body.address, texts)
    put = services_of(request).letterheads.put
    expected = None if version == "*" else version.strip('"')
    return _answered((await written_in_time(put, key.merchant_id, letterhead, key.id, expected)).body)


def _answered(body: bytes) -> Response:
    document: dict[str, Any] = orjson.loads(body)
    return Response(body, 200, {"ETag": f'"{document["version"]}"'}, JSON)
