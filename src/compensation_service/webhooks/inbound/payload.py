"""From the bytes that a source sent to a payload: JSON, or the SOAP of Salesforce.

Bytes are read once their signature is known to be good, and are bounded all the same: strict UTF-8, at most LEVELS_MOST
levels. Otherwise they are taken as they come: what another system sends is not ours to correct.
"""

from collections.abc import Iterable
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

import orjson
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

BYTES_MOST: Final = 1_048_576
LEVELS_MOST: Final = 32
XML_ELEMENTS_MOST: Final = 20_000
NOTIFICATIONS: Final = "Notifications"
UNTOLD: Final = frozenset({"SessionId", "EnterpriseUrl", "PartnerUrl"})
"""What an outbound message holds that opens doors at Salesforce: it is neither kept nor logged."""


class Malformed(ValueError):
    """The bytes are no payload."""


def read_json(body: bytes) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """The value of a JSON text; Malformed."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed("not JSON in UTF-8") from error
    _demand_shallow(value)
    return value


def read_soap(body: bytes) -> dict[str, Any]:
    """An outbound message of Salesforce: its fields by local names, and a list of its notifications; Malformed."""
    try:
        envelope = fromstring(body.decode("utf-8"), forbid_dtd=True)
    except (UnicodeDecodeError, ParseError, DefusedXmlException, ValueError) as error:
        raise Malformed("not XML in UTF-8") from error
    parts = list(envelope.iter())
    if len(parts) > XML_ELEMENTS_MOST:
        raise Malformed("too many elements")
    told = next((part for part in parts if _name(part) == "notifications"), None)
    if told is None:
        raise Malformed("no outbound message")
    fields = {_name(part): _text(part) for part in told if _name(part) not in UNTOLD | {"Notification"}}
    return {**fields, NOTIFICATIONS: [_notification(part) for part in told if _name(part) == "Notification"]}


def _notification(element: Element) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for part in element:
        read[_name(part)] = {_name(field): _text(field) for field in part} if _name(part) == "sObject" else _text(part)
    return read


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Element) -> str | None:
    return element.text


def _demand_shallow(value: object) -> None:
    level: list[object] = [value]
    for _ in range(LEVELS_MOST):
        level = [part for each in level for part in _parts(each)]
        if not level:
            return
    raise Malformed("nested too deep")


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
