"""The description of the interface: complete, current, and readable without the internet."""

import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from compensation_service.api import docs, openapi
from compensation_service.api.app import bare_app
from compensation_service.api.problems import KINDS
from compensation_service.api.routes import SCOPES

KEPT = Path(__file__).parents[2] / "openapi" / "openapi.json"


@pytest.fixture(scope="module")
def description():
    return bare_app().openapi()


def operations(description):
    return [
        (method.upper(), path, operation)
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
    ]


def test_the_kept_description_is_current():
    assert KEPT.read_text("utf-8") == openapi.text(bare_app()), "run `make openapi`"


def test_the_running_app_describes_itself_the_same(web, description):
    assert web.client.get("/openapi.json").json() == description


def test_every_operation_is_named_once_and_its_scope_is_declared(description):
    found = operations(description)
    names = [operation["operationId"] for _, _, operation in found]
    assert len(set(names)) == len(names)
    for method, path, operation in found:
        scope = SCOPES[method, path]
        assert operation.get("security") == ([{"apiKey": [scope]}] if scope else None)
        assert operation["summary"]
        assert operation["description"]


def test_every_operation_says_its_errors_as_problems(description):
    for method, path, operation in operations(description):
        wanted = {"400", "405", "500"}
        if SCOPES[method, path]:
            wanted |= {"401", "403", "429", "503"}
        if "requestBody" in operation:
            wanted |= {"413", "415", "422"}
        if "{" in path:
            wanted |= {"404", "422"}
        assert set(operation["responses"]) >= wanted, path
        for status, response in operation["responses"].items():
            if status[0] in "45" and (path, status) != ("/readyz", "503"):
                content = response["content"]["application/problem+json"]
                assert content["schema"] == {"$ref": "#/components/schemas/ProblemOut"}
                assert KINDS[content["example"]["code"]].status == int(status)


def test_requests_have_examples_that_are_accepted(web, description):
    for name in ("OfferBody", "PreviewBody"):
        for example in description["components"]["schemas"][name]["examples"]:
            path = "/offers" if name == "OfferBody" else "/offers/preview"
            assert web.post(path, example).status_code in {200, 201}


def test_the_description_is_strict_about_unknown_fields(description):
    for name, schema in description["components"]["schemas"].items():
        if schema.get("type") == "object" and name != "ProblemOut":
            assert schema.get("additionalProperties") is False, name


def test_the_page_loads_nothing_from_elsewhere(web):
    page = web.client.get("/docs")
    assert page.status_code == 200
    assert re.findall(r"(?:src|href)=\"([^\"]+)\"", page.text) == [
        "docs/favicon.png",
        "docs/swagger-ui.css",
        "docs/swagger-ui-bundle.js",
        "docs/start.js",
    ]
    assert "<script>" not in page.text
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert "http" not in page.headers["content-security-policy"]
    for name, media_type in docs.ASSETS.items():
        asset = web.client.get(f"/docs/{name}")
        assert (asset.status_code, asset.headers["content-type"]) == (200, media_type)
        assert asset.headers["cache-control"] == "public, max-age=3600"
    assert web.client.get("/docs/MANIFEST.json").status_code == 404
    assert web.client.get("/docs/%2e%2e%2fapp.py").status_code == 404


def test_the_start_page_leads_there(web):
    answer = web.client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "docs")


def test_what_comes_from_elsewhere_is_what_the_manifest_says():
    folder = files("compensation_service.api") / "swagger"
    manifest = json.loads((folder / "MANIFEST.json").read_text("utf-8"))
    for name, digest in manifest["files_sha256"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    ours = {"MANIFEST.json", "page.html", "start.js"}
    assert {entry.name for entry in folder.iterdir()} == set(manifest["files_sha256"]) | ours


def test_the_docs_can_be_turned_off():
    paths = {context.path for context in openapi_routes(with_docs=False)}
    assert "/docs" not in paths
    assert "/problems/{code}" in paths


def openapi_routes(**options):
    return bare_app(**options).routes
