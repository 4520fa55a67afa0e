"""`/o/{token}`: the page of an offer for the customer it was made to. GET shows, only a POST of its forms decides."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Final, Literal
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import RedirectResponse, Response

from compensation_service.api import gate
from compensation_service.api.client_address import client_address
from compensation_service.api.in_time import in_time, written_in_time
from compensation_service.api.limits import Failures
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.domain.errors import (
    ChangedMeanwhile,
    Conflict,
    CounteredTooOften,
    NotFound,
    TooLate,
    Unavailable,
    Unprocessable,
)
from compensation_service.domain.follow_up import Finding, Outcome
from compensation_service.domain.offer import OfferAction
from compensation_service.domain.offer_move import AskedMove
from compensation_service.letters.languages import choose
from compensation_service.portal import page

TRIES_PER_MINUTE: Final = 10
"""Links that open nothing, from one address."""
FORM_BYTES_MOST: Final = 16_384
WORDS_MOST, REASON_MOST = 2_000, 500
FOUND, CONFLICT, MISSING, AWAY = 200, 409, 404, 503
AGAIN_SECONDS: Final = "30"

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Robots-Tag": "noindex",
}

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)

Token = Annotated[str, Path(max_length=64)]
Language = Annotated[Literal["en", "ru", "bg", "fa"] | None, Query()]
Form = Mapping[str, str]


class _Wrong(Exception):
    """A form that cannot be carried out; `what` is the text that says why (texts: wrong)."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@router.get("/o/style.css")
async def style(_: Request) -> Response:
    """The style sheet of the pages."""
    return Response(page.style(), headers={"Cache-Control": "public, max-age=3600"}, media_type="text/css")


@router.get("/o/{token}")
async def show(request: Request, token: Token, language: Language = None) -> Response:
    """Show the offer as it is now. Opening a link decides nothing: scanners of mail open them, too."""
    return await _shown(request, token, language)


@router.post("/o/{token}/accept")
async def accept(request: Request, token: Token) -> Response:
    """The customer chooses an option."""
    return await _moved(request, token, lambda form: AskedMove(OfferAction.ACCEPT, option=form.get("option", "")))


@router.post("/o/{token}/decline")
async def decline(request: Request, token: Token) -> Response:
    """The customer does not want it."""
    return await _moved(
        request, token, lambda form: AskedMove(OfferAction.DECLINE, reason=_text(form, "reason", REASON_MOST))
    )


@router.post("/o/{token}/counter")
async def counter(request: Request, token: Token) -> Response:
    """The customer says what would help more."""

    def asked(form: Form) -> AskedMove:
        words = _text(form, "words", WORDS_MOST)
        if words is None:
            raise _Wrong("words")
        return AskedMove(OfferAction.COUNTER, words=words)

    return await _moved(request, token, asked)


@router.post("/o/{token}/answer")
async def answer(request: Request, token: Token) -> Response:
    """The customer says whether it is solved."""

    async def work(form: Form) -> None:
        outcomes = {"solved": Outcome.SOLVED, "unsolved": Outcome.UNSOLVED}
        rating = form.get("rating") or None
        if form.get("outcome") not in outcomes or rating not in {None, "1", "2", "3", "4", "5"}:
            raise _Wrong("changed")
        finding = Finding(
            outcomes[form["outcome"]], _text(form, "words", WORDS_MOST), int(rating) if rating else None, "customer"
        )
        pages = services_of(request).pages
        await written_in_time(pages.answer, token, form.get("follow_up", ""), finding)

    return await _done(request, token, work)


async def _moved(request: Request, token: str, asked: Callable[[Form], AskedMove]) -> Response:
    async def work(form: Form) -> None:
        await written_in_time(services_of(request).pages.move, token, asked(form), form.get("version", ""))

    return await _done(request, token, work)


async def _done(request: Request, token: str, work: Callable[[Form], Awaitable[None]]) -> Response:
    """Carry a form out and send the browser back to the page, where going back or reloading does nothing again."""
    try:
        form = await _form(request)
        _demand_own(form, services_of(request).links.form_token(token))
        await work(form)
    except (_Wrong, Conflict, ChangedMeanwhile, Unprocessable) as error:
        return await _shown(request, token, None, CONFLICT, _what(error))
    except NotFound:
        return await _shown(request, token, None)
    except Unavailable:
        return _away(request)
    return RedirectResponse(f"{_root(request)}/o/{token}", 303, dict(_HEADERS))


def _demand_own(form: Form, proof: str) -> None:
    """Refuse a form that did not come from the page of this token."""
    if not hmac.compare_digest(form.get("form", "").encode(), proof.encode()):
        raise _Wrong("changed")


def _what(error: Exception) -> str:
    if isinstance(error, _Wrong):
        return error.what
    if isinstance(error, CounteredTooOften):
        return "too_often"
    return "too_late" if isinstance(error, TooLate) else "changed"


async def _shown(
    request: Request, token: str, language: str | None, status: int = FOUND, wrong: str | None = None
) -> Response:
    failures: Failures = request.app.state.page_failures
    address = client_address(request.scope, request.app.state.trusted_proxies)
    failures.demand_few(address)
    services = services_of(request)
    try:
        view = await in_time(services.pages.show, token, language)
    except NotFound:
        failures.add(address)
        missing = page.nothing_page(_spoken(request), "missing", _root(request))
        return Response(missing, MISSING, dict(_HEADERS), "text/html")
    except Unavailable:
        return _away(request)
    body = page.offer_page(view, token, services.links.form_token(token), _root(request), wrong)
    return Response(body, status, dict(_HEADERS), "text/html")


def _away(request: Request) -> Response:
    headers = {**_HEADERS, "Retry-After": AGAIN_SECONDS}
    return Response(page.nothing_page(_spoken(request), "away", _root(request)), AWAY, headers, "text/html")


def _root(request: Request) -> str:
    """The path under which customers reach the service: a proxy in front takes it off."""
    address: str = request.app.state.public_base_url
    return urlsplit(address).path


def _spoken(request: Request) -> str:
    return choose(request.headers.get("accept-language"))


async def _form(request: Request) -> Form:
    """The fields of a form, as browsers send them; each counts once."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MOST:
            raise _Wrong("changed")
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20))
    except ValueError as error:
        raise _Wrong("changed") from error


def _text(form: Form, name: str, most: int) -> str | None:
    """What was written into a field, None for nothing; controls that no keyboard writes are left out."""
    written = form.get(name, "").replace("\r\n", "\n")
    readable = "".join([sign for sign in written if not gate.has_forbidden_character(sign)])
    return readable.strip()[:most] or None
