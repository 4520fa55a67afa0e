"""Pages for people: the interface's description, readable without the internet, and one page per kind of problem."""

import html
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import orjson
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from compensation_service.api.problems import KINDS, Problem
from compensation_service.api.routes import GuardedRoute

ASSETS = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "start.js": "text/javascript; charset=utf-8",
    "favicon.png": "image/png",
}
"""What the page loads, with media types. Swagger UI comes from npm's swagger-ui-dist, see swagger/MANIFEST.json."""

_PAGE_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Swagger UI sets style attributes, so inline styles are allowed there; inline scripts are not."""

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)
problem_pages = APIRouter(route_class=GuardedRoute, include_in_schema=False)


def _folder() -> Traversable:
    return files("compensation_service.api") / "swagger"


@cache
def _asset(name: str) -> bytes:
    return (_folder() / name).read_bytes()


@router.get("/")
async def start() -> Response:
    """Lead a visitor to the description."""
    return RedirectResponse("docs", 307)


@router.get("/docs")
def docs() -> Response:
    """Show the interface and let people try it."""
    return Response(_asset("page.html"), 200, {"Content-Security-Policy": _DOCS_POLICY}, "text/html")


@router.get("/docs/{asset}")
def docs_asset(asset: str) -> Response:
    """Serve one file of the page."""
    if asset not in ASSETS:
        raise Problem("not_found")
    return Response(_asset(asset), 200, {"Cache-Control": "public, max-age=3600"}, ASSETS[asset])


@router.get("/openapi.json")
def openapi(request: Request) -> Response:
    """Answer the interface's description in OpenAPI 3.1."""
    return Response(orjson.dumps(request.app.openapi()), media_type="application/json")


@problem_pages.get("/problems/{code}")
def problem(code: str) -> Response:
    """Explain one kind of problem."""
    kind = KINDS.get(code)
    if kind is None:
        raise Problem("not_found")
    title, help_ = html.escape(kind.title), html.escape(kind.help)
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1><p>{help_}</p><p>Code <code>{code}</code>, HTTP status {kind.status}.</p></html>"
    )
    return Response(page, 200, {"Content-Security-Policy": _PAGE_POLICY}, "text/html")
