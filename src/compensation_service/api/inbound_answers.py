"""The shapes of what is answered about inbound sources and what they told of."""

from typing import Annotated, Any

from pydantic import Field

from compensation_service.api.answers import Answer, Moment
from compensation_service.domain.inbound_event import InboundStatus


class InboundSourceOut(Answer):
    """An inbound source. Its secret is shown when it is made here, and never again."""

    id: str
    url: Annotated[str, Field(description="Where the other system sends to.")]
    name: str
    preset: str
    mapping: Annotated[dict[str, Any] | None, Field(description="Its own; null where the preset's is used.")]
    decide: bool
    language: str | None
    expects: dict[str, str]
    previous_secret_until: Annotated[Moment | None, Field(description="Until when the secret before is good too.")]
    version: int
    created_at: Moment
    changed_at: Moment


class InboundSourceMade(InboundSourceOut):
    """An inbound source with a secret that was made here. A repeated request is answered without it."""

    secret: Annotated[str | None, Field(description="Give it to the other system; it is not shown again.")] = None


class InboundSourcePage(Answer):
    """A page of inbound sources, newest first."""

    data: list[InboundSourceOut]
    has_more: bool
    next_cursor: str | None


class InboundReason(Answer):
    """Why an event could not be used or decided: the place in the mapping or in the request, and a sentence."""

    place: str | None
    code: str | None
    detail: str | None


class InboundEventOut(Answer):
    """One thing that a source told of, and what became of it."""

    id: str
    topic: Annotated[str | None, Field(description="As the other system names it: show it as text.")]
    status: InboundStatus
    reason: Annotated[InboundReason | None, Field(description="Why it failed, or why a person has to decide.")]
    incident: Annotated[str | None, Field(description="The incident it became or told of.")]
    offer: str | None
    erased: Annotated[bool, Field(description="What it said is not kept any more.")]
    received_at: Moment
    finished_at: Moment | None


class InboundEventWhole(InboundEventOut):
    """An event with what was sent."""

    payload: Annotated[Any, Field(description="As it came; null once it is erased.")]


class InboundEventPage(Answer):
    """A page of events, newest first."""

    data: list[InboundEventOut]
    has_more: bool
    next_cursor: str | None


class InboundReplayOut(Answer):
    """Events will be handled anew."""

    replayed: int
