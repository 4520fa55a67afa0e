"""The JSON Schema of scheme documents, for editors and for whoever writes schemes by program.

It knows the structure; what must hold between parts is told when a scheme is read.
"""

import json
from typing import Any

from compensation_service.policies.schema import DIALECT
from compensation_service.policies.schemes.document import SchemeDocument


def json_schema() -> dict[str, Any]:
    """The schema as data; `scheme.schema.json` in this package is the same as text."""
    return {"$schema": DIALECT, **SchemeDocument.model_json_schema()}


def schema_text() -> str:
    """The schema as it is written to its file."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
