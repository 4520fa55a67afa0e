"""The rows of a file of past incidents: CSV with a header, or NDJSON; and how each is mapped."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import yaml

from compensation_service.api import past_incident
from compensation_service.api.problems import Problem
from compensation_service.policies.iso import exponents
from compensation_service.services.imports import PastIncident, Refusal
from compensation_service.webhooks.inbound.mapping import Part, PayloadMapping, Unmapped, body_of, read_mapping_as

BLOCK: Final = 2**20
CELL_CHARACTERS_MOST: Final = 2**20


@dataclass(frozen=True, slots=True)
class PastMapping(PayloadMapping):
    """A mapping with two parts more: what the file of the incident says, and how it ended."""

    file: Part | None = None
    ending: Part | None = None


def read_mapping_file(file: Path) -> PastMapping:
    """The mapping in a YAML file. Raises MappingError, OSError, or YAMLError."""
    return read_mapping_as(PastMapping, yaml.safe_load(file.read_text("utf-8")))


def digest(file: Path, mapping: Path) -> str:
    """What names the import of a file by a mapping: SHA-256 of both."""
    made = sha256(sha256(mapping.read_bytes()).digest())
    with file.open("rb") as opened:
        while block := opened.read(BLOCK):
            made.update(block)
    return made.hexdigest()


def rows_of(file: Path, mapping: PastMapping, now: datetime, after: int = 0) -> Iterator[PastIncident | Refusal]:
    """The rows that begin after a line, one by one, each with the line it ends on. UnicodeDecodeError, csv.Error."""
    for line, row in _ndjson(file) if file.suffix in (".ndjson", ".jsonl") else _csv(file):
        if line > after:
            yield _row(line, row, mapping, now)


def _csv(file: Path) -> Iterator[tuple[int, object]]:
    csv.field_size_limit(CELL_CHARACTERS_MOST)
    with file.open(encoding="utf-8-sig", newline="") as opened:
        reader = csv.DictReader(opened, restkey="", restval=None)
        for row in reader:
            yield reader.line_num, row


def _ndjson(file: Path) -> Iterator[tuple[int, object]]:
    with file.open(encoding="utf-8") as opened:
        for number, line in enumerate(opened, 1):
            if line.strip():
                yield number, line


def _row(line: int, row: object, mapping: PastMapping, now: datetime) -> PastIncident | Refusal:
    try:
        item = json.loads(row) if isinstance(row, str) else _demand_whole(row)
        return past_incident.read(dict[str, Any](body_of(mapping, item, exponents())), line, now)
    except Problem as problem:
        wrong = next(iter(problem.errors), None)
        if wrong is None:
            return Refusal(line, "", problem.code, problem.detail or problem.kind.help)
        return Refusal(line, wrong.pointer, wrong.code, wrong.detail)
    except Unmapped as error:
        return Refusal(line, error.place, "unmapped", error.detail)
    except (ValueError, RecursionError):
        return Refusal(line, "", "unreadable", "This line is not what the others are.")


def _demand_whole(row: object) -> object:
    """A row of CSV has as many cells as the header; ValueError."""
    if not isinstance(row, Mapping) or "" in row or None in row.values():
        raise ValueError
    return row
