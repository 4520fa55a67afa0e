"""The presets: how the systems we know sign what they send (presets.yaml), read once."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import TypeAdapter

from compensation_service.webhooks.inbound.verifier import Preset


@cache
def presets() -> Mapping[str, Preset]:
    """Every preset by its name."""
    text = files(__package__).joinpath("presets.yaml").read_text("utf-8")
    rows: dict[str, dict[str, Any]] = yaml.safe_load(text)
    reader = TypeAdapter(Preset)
    return {name: reader.validate_python({"name": name, **row}) for name, row in rows.items()}
