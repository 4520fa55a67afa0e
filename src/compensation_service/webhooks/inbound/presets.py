"""The presets: how the systems we know sign what they send, and what it becomes; both are data, read once."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import TypeAdapter

from compensation_service.webhooks.inbound.mapping import PayloadMapping, read_mapping
from compensation_service.webhooks.inbound.verifier import Preset


@cache
def presets() -> Mapping[str, Preset]:
    """Every preset by its name."""
    reader = TypeAdapter(Preset)
    return {name: reader.validate_python({"name": name, **row}) for name, row in _rows("presets.yaml").items()}


@cache
def mapping_of(preset: str) -> PayloadMapping:
    """What a preset's payloads become where a source says nothing else."""
    return read_mapping(_rows("mappings.yaml")[preset])


def _rows(name: str) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = yaml.load(
        files(__package__).joinpath(name).read_text("utf-8"), Loader=yaml.CSafeLoader
    )
    return rows
