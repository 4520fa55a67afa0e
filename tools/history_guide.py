"""Writes the generated parts of docs/history.md: each request in it is sent to a real service, and answered there.

A line `GET …` in a block of its own is a request; the part behind it, between `<!-- begin NAME -->` and
`<!-- end NAME -->`, is what came back. A test compares what stands there with what this writes.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

import orjson
import readme
from pydantic import SecretStr
from starlette.testclient import TestClient

from compensation_service.cli.past_rows import digest, read_mapping_file, rows_of
from compensation_service.domain.api_key import COMMAND_LINE, Role, Scope
from compensation_service.main import create_app
from compensation_service.services.imports import ImportService
from compensation_service.settings import Settings
from compensation_service.store import schema

ROOT: Final = Path(__file__).parents[1]
GUIDE: Final = ROOT / "docs" / "history.md"
FILE: Final = ROOT / "examples" / "imports" / "helpdesk.csv"
MAPPING: Final = FILE.with_suffix(".yaml")
NOW: Final = datetime(2025, 10, 8, 9, tzinfo=UTC)
_ASKED: Final = re.compile(
    r"(```http\nGET (?P<path>\S+)\n```\n\n<!-- begin (?P<name>\S+) -->\n).*?(<!-- end (?P=name) -->)", re.DOTALL
)


def render(text: str) -> str:
    """The guide with the answers as they should be now."""
    with _service() as (client, headers):
        return _ASKED.sub(lambda found: found[1] + _answer(client, headers, found["path"]) + found[4], text)


def _answer(client: TestClient, headers: dict[str, str], path: str) -> str:
    answer = client.get(path, headers=headers).raise_for_status()
    values = [orjson.loads(line) for line in answer.content.splitlines()]
    shown = "\n".join(readme.compact(value) for value in values)
    return f"```json\n{shown}\n```\n"


@contextmanager
def _service() -> Iterator[tuple[TestClient, dict[str, str]]]:
    """A service that has imported the example's file; its clock stands still and its ids are numbers."""
    numbers = count(1)
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{directory}/guide.db"
        schema.upgrade(url)
        settings = Settings(database_url=url, secret_key=SecretStr("a secret of the documentation only"))
        app = create_app(
            settings, lambda: NOW, lambda prefix: f"{prefix}_{next(numbers):026}", lambda size: b"\1" * size
        )
        services = app.state.services
        _, token = services.keys.create("north", "guide", Role.SERVICE, frozenset(Scope))
        imports = ImportService(services.store, lambda: NOW, lambda prefix: f"{prefix}_{next(numbers):026}", bytes)
        begun = imports.begin("north", digest(FILE, MAPPING), resume=False)
        imports.take("north", begun, list(rows_of(FILE, read_mapping_file(MAPPING), NOW)), COMMAND_LINE)
        with TestClient(app, base_url="http://127.0.0.1:8000") as client:
            yield client, {"Authorization": f"Bearer {token}"}


if __name__ == "__main__":
    GUIDE.write_text(render(GUIDE.read_text("utf-8")), "utf-8")
