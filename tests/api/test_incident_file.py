"""The file of an incident over HTTP: messages, evidence and accounts, added once and told in the timeline."""

import json

import pytest
from sqlalchemy import text

from compensation_service.api.incident_answers import AccountOut, EvidenceOut, MessageOut

SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
PAPERS = {
    "messages": (
        MessageOut,
        "message",
        {"direction": "in", "channel": "email", "words": "Крышка треснула.", "by": "The customer"},
    ),
    "evidence": (
        EvidenceOut,
        "evidence",
        {"kind": "photo", "description": "The lid.", "link": "https://files.example/9/lid.jpg", "sha256": SHA},
    ),
    "account": (AccountOut, "account", {"words": "Traced the parcel.", "at": "2026-03-05T10:00:00+02:00"}),
}


@pytest.fixture
def web(web_on_each):
    return web_on_each


@pytest.fixture
def incident(web, request):
    body = {"incident": {"reference": request.node.name[-100:], "category": "other"}, "customer": {"reference": "C-1"}}
    answer = web.post("/incidents", body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def add(web, incident, what, body, key="once"):
    return web.post(f"/incidents/{incident}/{what}", body, **({"Idempotency-Key": key} if key else {}))


@pytest.mark.parametrize("what", PAPERS)
def test_a_paper_is_kept_once_and_told_in_the_timeline(web, incident, what):
    shape, name, body = PAPERS[what]
    made = add(web, incident, what, body)
    assert made.status_code == 201, made.text
    shape.model_validate(made.json())
    assert {field: made.json()[field] for field in body if field != "at"} == {
        field: value for field, value in body.items() if field != "at"
    }
    again = add(web, incident, what, body)
    assert (again.status_code, again.content, again.headers["idempotent-replayed"]) == (201, made.content, "true")
    assert add(web, incident, what, body, key="twice").json()["id"] != made.json()["id"]
    events = web.get(f"/incidents/{incident}").json()["events"]
    assert [event["type"] for event in events[1:]] == [f"{name}.added"] * 2
    assert events[1][name] == made.json()


def test_who_and_when_are_the_keys_and_ours_unless_they_are_told(web, incident):
    key_id = web.headers["Authorization"].split("_")[1]
    silent = add(web, incident, "account", {"words": "Called."}).json()
    assert (silent["by"], silent["at"]) == (key_id, silent["recorded_at"])
    told = add(web, incident, "account", {**PAPERS["account"][2], "by": "Elena"}, "told").json()
    assert (told["by"], told["at"]) == ("Elena", "2026-03-05T08:00:00Z")


@pytest.mark.parametrize("what", PAPERS)
def test_a_paper_needs_a_key(web, incident, what):
    refused = add(web, incident, what, PAPERS[what][2], key=None)
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_missing")
    assert add(web, "inc_nothing", what, PAPERS[what][2]).status_code == 404


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("messages", {"direction": "up"}),
        ("messages", {"words": ""}),
        ("messages", {"at": "2199-01-01T00:00:00Z"}),
        ("evidence", {"link": "ftp://files.example/x"}),
        ("evidence", {"link": "javascript:alert(1)"}),
        ("evidence", {"sha256": SHA.upper()}),
        ("evidence", {"content": "…"}),
        ("account", {"by": ""}),
    ],
)
def test_what_is_not_usable_is_refused(web, incident, what, change):
    assert add(web, incident, what, {**PAPERS[what][2], **change}).status_code == 422
    assert len(web.get(f"/incidents/{incident}").json()["events"]) == 1


def test_events_quote_nobody(web, incident):
    for what, (_, _, body) in PAPERS.items():
        add(web, incident, what, {**body, "by": "Elena Petrova"})
    web.client.patch(
        f"/incidents/{incident}", json={"owner": "Elena Petrova"}, headers={**web.headers, "If-Match": "*"}
    )
    with web.app.state.services.store.reading("north") as unit:
        payloads = [event.payload for event in unit.events.of(incident)]
    assert len(payloads) == 5
    for payload in payloads:
        assert "Elena" not in json.dumps(json.loads(payload), ensure_ascii=False)
        assert "Traced" not in payload


def test_the_story_goes_on_without_words_that_were_erased(web, incident):
    made = add(web, incident, "messages", PAPERS["messages"][2]).json()
    erase(web, made["id"])
    events = web.get(f"/incidents/{incident}").json()["events"]
    assert [event["type"] for event in events] == ["incident.recorded", "message.added"]
    assert "message" not in events[1]


def erase(web, message_id):
    """Do what erasure does to a message."""
    with web.app.state.services.store._engines.writer.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('app.merchant_id', 'north', true)"))
        assert connection.execute(text("DELETE FROM messages WHERE id = :id"), {"id": message_id}).rowcount == 1
