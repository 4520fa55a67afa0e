"""The `schemes` command, run as a program would run it."""

import json

import pytest
from typer.testing import CliRunner

from compensation_service.cli.schemes import app
from compensation_service.policies.problems import PolicyRefused

SCHEME = """
id: late-train
title: A late train earns half the fare
basis: promise
sources: [{url: "https://example.com"}]
currency: EUR
facts:
  delay_minutes: integer
  ticket_price: money
  share: {type: decimal, default: 50}
  by: {type: decimal, default: 1}
owed:
  - kind: payment
    when: delay_minutes >= 60
    amount: {divide: {percent: share, of: ticket_price}, by: by}
    due: {days: 14, after: incident_date}
"""


@pytest.fixture
def run(tmp_path):
    def run(facts, *options, command="eval", scheme=SCHEME):
        (tmp_path / "scheme.yaml").write_text(scheme, encoding="utf-8")
        (tmp_path / "facts.json").write_text(facts if isinstance(facts, str) else json.dumps(facts), encoding="utf-8")
        files = [str(tmp_path / "scheme.yaml"), str(tmp_path / "facts.json")][: 2 if command == "eval" else 1]
        return CliRunner().invoke(app, [command, *files, *options])

    return run


def test_it_tells_what_is_owed_and_every_step(run):
    told = run({"delay_minutes": 75, "ticket_price": "46.00"}).output
    assert "owed: 23.00 EUR" in told
    assert "met      payment: delay_minutes >= 60 [delay minutes 75]" in told
    assert "payment (payment): (share 50 % of ticket price 46.00) ÷ by 1 = 23.00" in told
    assert "share = 50" in told
    assert "not legal advice" in told


def test_json_is_for_programs(run):
    said = json.loads(run({"delay_minutes": 75, "ticket_price": 46.01}, "--json", "--at", "2025-01-31").stdout)
    assert (said["applies"], said["amount"], said["amount_minor"]) == ("yes", "23.01", 2301)
    assert said["components"][0]["due"] == {
        "within": "14 days",
        "text": "14 days after incident date 2025-01-31",
        "date": "2025-02-14",
    }
    assert said["assumed"] == {"share": 50, "by": 1}


def test_what_is_lacking_is_named(run):
    told = run({"delay_minutes": 75})
    assert "owed: not established" in told.output
    assert "needs: ticket_price" in told.output
    assert told.exit_code == 0


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"delay_minutes": "long"}, "/delay_minutes: The scheme expects a whole number."),
        ({"delay_minutes": 75, "ticket_price": "46.00", "by": 0}, "divides something and is 0"),
        ("[]", "the facts are a JSON object"),
        ("{", "not JSON"),
    ],
)
def test_facts_that_cannot_be_used_are_refused(run, facts, said):
    told = run(facts)
    assert told.exit_code == 2
    assert said in " ".join(told.output.split())


def test_a_scheme_is_checked(run):
    assert "can be used" in run({}, command="check").output
    refused = run({}, command="check", scheme=SCHEME.replace("integer", "intger"))
    assert isinstance(refused.exception, PolicyRefused)


def test_the_packs_are_listed():
    assert "uk-cra-2015" in CliRunner().invoke(app, ["list"]).output
