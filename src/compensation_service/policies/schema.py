"""The JSON Schema of policy documents: for editors, and for whoever writes policies by program.

It knows the structure and the bounds of single values; what must hold between values is told when a policy is read.
"""

import json

from compensation_service.policies.document import PolicyDocument

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, object]:
    """The schema as data; `policy.schema.json` in this package is the same as text."""
    return {"$schema": DIALECT, **PolicyDocument.model_json_schema()}


def schema_text() -> str:
    """The schema as it is written to its file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
