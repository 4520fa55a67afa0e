"""A real Chromium, found on the machine. Where there is none, these tests say so and are left out."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import databases
import webapp
from compensation_service.main import create_app
from compensation_service.settings import Settings
from webapp import Web

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def executable() -> str | None:
    """The browser that COMPENSATION_TEST_CHROMIUM names, else one of the path."""
    named = os.environ.get("COMPENSATION_TEST_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = executable()
    if found is None:
        pytest.skip("no Chromium on this machine: install one, or name it in COMPENSATION_TEST_CHROMIUM")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
        launched = playwright.chromium.launch(executable_path=found, args=arguments)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def shop() -> Iterator[tuple[Web, str]]:
    """The service behind a real socket, and its address."""
    with tempfile.TemporaryDirectory() as folder, databases.fresh_sqlite(Path(folder)) as url:
        app = create_app(Settings(database_url=url, public_base_url=webapp.BASE))
        with webapp.serving(app) as address, httpx.Client(base_url=address) as client:
            app.state.page_failures._most = 10_000
            yield Web(app, client, url), address


@pytest.fixture(scope="module", params=[True, False], ids=["plain", "no-script"])
def phone(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A phone, with and without JavaScript. All tests hold the same one: each new page costs a process or two."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=request.param)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(phone: Page) -> Iterator[Page]:
    """What the phone shows; whatever the page's own console complains of fails the test."""
    complaints: list[str] = []
    listeners = {
        "console": lambda message: complaints.append(message.text) if message.type == "error" else None,
        "pageerror": lambda error: complaints.append(str(error)),
    }
    for event, listener in listeners.items():
        phone.on(event, listener)
    yield phone
    for event, listener in listeners.items():
        phone.remove_listener(event, listener)
    phone.unroute_all()
    assert [each for each in complaints if "409" not in each and "404" not in each] == []
