"""`inbound`: what other systems tell of."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.table import Table

from compensation_service.api.inbound_reading import RequestReader
from compensation_service.cli import terminal
from compensation_service.cli.decide import read_file
from compensation_service.clock import system_clock
from compensation_service.decision import engine as decision
from compensation_service.decision.facts import UnusableFacts
from compensation_service.decision.policy import Policy
from compensation_service.domain.errors import NotFound
from compensation_service.domain.inbound_source import InboundSource
from compensation_service.policies.iso import exponents
from compensation_service.policies.load import default_policy
from compensation_service.services.inbound_handling import Unreadable
from compensation_service.services.inbound_sources import mapping_for
from compensation_service.services.policy_book import PolicyBook
from compensation_service.settings import Settings
from compensation_service.settings_store import open_settings_store
from compensation_service.webhooks.inbound.mapping import PayloadMapping, Unmapped, body_of, items_of, told_of
from compensation_service.webhooks.inbound.payload import Malformed, read_json, read_soap
from compensation_service.webhooks.inbound.presets import mapping_of, presets

app = typer.Typer(help="Try what webhooks of other systems become.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `try` a command of its own while it is the only one."""


@app.command("try")
def try_payload(
    source: Annotated[str, typer.Argument(help="The id of a source, or the name of a preset such as zendesk.")],
    file: Annotated[Path, typer.Argument(help="A payload as the other system sends it; - for standard input.")],
    *,
    topic: Annotated[str | None, typer.Option(help="What it is about, where a header says that.")] = None,
    as_json: terminal.AsJson = False,
) -> None:
    """Show what a payload would become. Nothing is stored. Exit code 1 tells that something in it cannot be used.

    Example: compensation-service inbound try zendesk payload.json
    """
    preset, mapping, decide, policy = _looked_up(source)
    body = read_file(file)
    try:
        payload = read_soap(body) if presets()[preset].soap else read_json(body)
        found = [_tried(mapping, policy, item, topic, decide=decide) for item in items_of(mapping, payload)]
    except (Malformed, Unmapped) as error:
        raise typer.BadParameter(f"{file}: {error}", param_hint="FILE") from error
    if as_json:
        terminal.answer_json(found)
    else:
        for each in found:
            terminal.answer(_shown(each))
        terminal.tell(f"{len(found)} events in this payload.")
    if any(each["outcome"] == "failed" for each in found):
        raise typer.Exit(1)


def _looked_up(source: str) -> tuple[str, PayloadMapping, bool | None, Policy]:
    """The preset and the mapping; whether it is decided at once, which a preset does not say; and by which policy."""
    if source in presets():
        return source, mapping_of(source), None, default_policy()
    found, policy = _stored(source)
    return found.preset, mapping_for(found), found.decide, policy


def _stored(source_id: str) -> tuple[InboundSource, Policy]:
    """A source, and the policy of its merchant that decides now."""
    store = open_settings_store(Settings())
    try:
        found = store.find_inbound_source(source_id)
        if found is None:
            raise NotFound(f"There is neither a source nor a preset of this name; presets: {', '.join(presets())}.")
        with store.reading(found.merchant_id) as unit:
            return found, PolicyBook(store, system_clock).deciding(unit, system_clock())
    finally:
        store.close()


def _tried(
    mapping: PayloadMapping, policy: Policy, item: object, topic: str | None, *, decide: bool | None
) -> dict[str, Any]:
    """What one event would become: its id and topic, the outcome, and the request or the reason."""
    event_id, own_topic = told_of(mapping, item)
    about = own_topic or topic
    tried: dict[str, Any] = {"event": event_id, "topic": about}
    if about in (*mapping.erase, *mapping.erase_all):
        return {**tried, "outcome": "erase"}
    if mapping.topics and about is not None and about not in mapping.topics:
        return {**tried, "outcome": "aside"}
    reader = RequestReader()
    try:
        tried["request"] = told = body_of(mapping, item, exponents())
        reader.known(told)
    except (Unmapped, Unreadable) as error:
        return {**tried, "outcome": "failed", "reason": {"place": error.place, "detail": error.detail}}
    try:
        if decide is not False:
            decision.decide(reader.request(told, "", None, system_clock()).facts, policy)
            return {**tried, "outcome": "offer"}
    except Unreadable as error:
        tried["reason"] = {"place": error.place, "detail": error.detail}
    except UnusableFacts as error:
        tried["reason"] = {"place": error.pointer, "detail": error.detail}
    return {**tried, "outcome": "incident"}


def _shown(tried: dict[str, Any]) -> Table:
    rows = [("outcome", tried["outcome"]), ("event", tried["event"] or "–"), ("topic", tried["topic"] or "–")]
    if "reason" in tried:
        rows.append((tried["reason"]["place"] or "reason", tried["reason"]["detail"]))
    for part, fields in tried.get("request", {}).items():
        rows += [(f"{part}.{name}", orjson.dumps(value).decode()) for name, value in fields.items()]
    return terminal.table(["what", "is"], rows)
