"""What lies in the repository: nothing that names one machine or one registry, nothing that is generated on the way."""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_OURS = {".git", ".venv", "var", "node_modules", "mutants", "build", "dist", "results"}
BINARY = {".png", ".ico", ".woff2", ".gz"}
FORBIDDEN = {
    "a registry's host": r"pypi\.(org|python)|python[h]osted\.o|npmjs\.(org|com)|deb\.debian\.o",
    "a home directory": r"/root/|/home/[a-z]|/Users/[a-z]",
    "an index in a lock file": r"--(extra-)?index-url|--find-links|--trusted-host",
}
EXEMPT = {"tests/test_tree.py", "Makefile"}
"""This file, and the one that tells uv to leave such options out."""


def is_ours(folder):
    return folder == ".ci" or not (folder in NOT_OURS or folder.startswith(".") or folder.endswith("cache__"))


def files():
    for folder, folders, names in os.walk(ROOT):
        folders[:] = filter(is_ours, folders)
        yield from (Path(folder) / name for name in names if Path(name).suffix not in BINARY)


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what):
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files()
        if str(path.relative_to(ROOT)) not in EXEMPT
        for match in [re.search(FORBIDDEN[what], path.read_text("utf-8", errors="replace"))]
        if match
    ]
    assert found == []


def test_the_walk_sees_the_tree():
    seen = {str(path.relative_to(ROOT)) for path in files()}
    assert {"README.md", "requirements.txt", ".ci/run", "src/compensation_service/main.py"} <= seen


def test_locks_pin_everything_by_hash():
    for lock in ROOT.glob("requirements*.txt"):
        entries = [line for line in lock.read_text("utf-8").splitlines() if not line.startswith(" ")]
        assert entries
        assert [line for line in entries if "==" not in line or not line.endswith("\\")] == []


def test_runtime_lock_is_part_of_the_development_lock():
    pins = {
        lock.name: set(re.findall(r"^\S+==\S+", lock.read_text("utf-8"), re.MULTILINE))
        for lock in ROOT.glob("requir*.txt")
    }
    assert pins["requirements.txt"] <= pins["requirements-dev.txt"]
    assert pins["requirements-build.txt"] <= pins["requirements-dev.txt"]


def test_ci_runs_what_developers_run():
    commands = [
        line for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines() if "make" in line and line[0] != "#"
    ]
    assert commands == ["exec make check"]
