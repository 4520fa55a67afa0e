"""Writes the generated parts of README.md: a real offer, the answer to the first call, the table of settings.

A part stands between `<!-- begin NAME -->` and `<!-- end NAME -->`. A test compares what stands there with what this
writes.
"""

import json
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr
from starlette.testclient import TestClient

from compensation_service.domain.api_key import Role, Scope
from compensation_service.main import create_app
from compensation_service.settings import PREFIX, Settings
from compensation_service.store import schema

README = Path(__file__).parents[1] / "README.md"
WIDTH = 140
NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
IDS = {name: f"{name}_01kjyq8m4seb2tcnd7vd0a7nhz" for name in ("off", "inc", "evt")}

INCIDENT = {
    "incident": {
        "reference": "ZD-48211",
        "category": "late_delivery",
        "delay_hours": 72,
        "fault": "partner",
        "reported_at": "2026-03-04T18:00:00Z",
    },
    "order": {"reference": "100234", "currency": "EUR", "total": 10490, "shipping": 490},
    "customer": {"reference": "C-1017", "locale": "en", "orders_count": 3},
}
FIRST_CALL = {"incident": {"category": "support_wait", "channel": "chat", "wait_minutes": 45, "currency": "GBP"}}


def render(text: str) -> str:
    """The text of README with its generated parts as they should be now."""
    offer, first = _answers()
    parts = {
        "incident": _block(INCIDENT),
        "offer": _block(offer),
        "first-call": "```sh\n" + _curl(FIRST_CALL) + "\n```",
        "first-answer": _block(first),
        "settings": _settings(),
    }
    for name, part in parts.items():
        pattern = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        if not pattern.search(text):
            raise ValueError(f"README has no part named {name}")
        text = pattern.sub(lambda found, part=part: found[1] + part + "\n" + found[2], text)  # type: ignore[misc]
    return text


def _answers() -> tuple[object, object]:
    """Ask a real service, with a clock that stands still and ids known beforehand."""
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings(database_url=f"sqlite:///{directory}/readme.db", public_base_url="http://127.0.0.1:8000")
        schema.upgrade(settings.database_url)
        app = create_app(settings, lambda: NOW, IDS.__getitem__)
        with TestClient(app) as client:
            _, token = app.state.services.keys.create("readme", "readme", Role.SERVICE, frozenset(Scope))
            client.headers["Authorization"] = f"Bearer {token}"
            calls = (("/offers", INCIDENT), ("/offers/preview", FIRST_CALL))
            offer, first = (client.post(path, json=body).raise_for_status().json() for path, body in calls)
    return offer, first


def _curl(body: object) -> str:
    return (
        'curl -s http://127.0.0.1:8000/offers/preview -H "Authorization: Bearer $TOKEN" '
        f"-H 'Content-Type: application/json' \\\n  -d '{json.dumps(body)}'"
    )


def _block(value: object) -> str:
    return "```json\n" + compact(value) + "\n```"


def compact(value: object, indent: int = 0, before: int = 0) -> str:
    """JSON in which what fits on a line stands on one; `before` counts the characters that precede it there."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or indent + before + len(line) < WIDTH:
        return line
    inner = indent + 2
    if isinstance(value, dict):
        names = {name: json.dumps(name) + ": " for name in value}
        rows = [names[name] + compact(item, inner, len(names[name])) for name, item in value.items()]
    else:
        rows = [compact(item, inner) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + "\n" + ",\n".join(" " * inner + row for row in rows) + "\n" + " " * indent + closing


def _settings() -> str:
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_default(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def _default(value: object) -> str:
    if isinstance(value, SecretStr):
        return "for development only"
    return "" if value in {None, ""} else f"`{str(value).lower()}`"


if __name__ == "__main__":
    README.write_text(render(README.read_text("utf-8")), "utf-8")
