"""Who may know what: layers are import-linter's, this keeps libraries where they belong."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "compensation_service"
WHERE = {
    "sqlalchemy": ("store/",),
    "alembic": ("store/",),
    "fastapi": ("api/", "main.py"),
    "starlette": ("api/", "main.py"),
    "uvicorn": ("cli/edge.py", "cli/server.py"),
    "httpx": ("demo/client.py", "webhooks/sender.py"),
    "typer": ("cli/",),
    "random": ("demo/cases.py",),
    "secrets": ("clock.py",),
}
"""A library, and the only places that may import it."""
PURE = ("decision/", "domain/")
VAGUE = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}


def modules():
    return {path.relative_to(SOURCE).as_posix(): path for path in SOURCE.rglob("*.py")}


@cache
def imports(path):
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found


@pytest.mark.parametrize("library", WHERE)
def test_a_library_stays_in_its_place(library):
    elsewhere = [
        name for name, path in modules().items() if library in imports(path) and not name.startswith(WHERE[library])
    ]
    assert elsewhere == []


def test_the_core_knows_the_standard_library_only():
    allowed = {*sys.stdlib_module_names, "compensation_service"}
    foreign = {
        (name, library)
        for name, path in modules().items()
        if name.startswith(PURE)
        for library in imports(path)
        if library not in allowed
    }
    assert foreign == set()


def test_only_the_clock_asks_the_machine_for_the_time():
    asked = [
        name
        for name, path in modules().items()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"} and name != "clock.py"
        if isinstance(node.value, ast.Name) and node.value.id in {"datetime", "date"}
    ]
    assert asked == []


def test_no_name_says_nothing():
    assert [name for name in modules() if VAGUE & {*Path(name).parts, Path(name).stem}] == []
