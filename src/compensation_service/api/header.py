"""The header of a request, read once for all who look into it."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Fields: TypeAlias = Mapping[bytes, bytes]
"""The fields of a header by their names in lower case, as `scope["fields"]` holds them."""


def fields_of(headers: Sequence[tuple[bytes, bytes]]) -> Fields:
    """Fields by name; what came more than once is one field, joined by commas (RFC 9110, section 5.3).

    So a key, a type or a language that came twice is none that anybody takes for good.
    """
    fields = dict(headers)
    if len(fields) == len(headers):
        return fields
    return {name: b", ".join([value for other, value in headers if other == name]) for name in fields}
