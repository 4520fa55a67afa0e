"""`inbound try`: what a payload would become, without a trace."""

import json

import pytest
from typer.testing import CliRunner

import webapp
from compensation_service.cli import app
from compensation_service.policies.load import default_text

TROUBLE = {
    "type": "trouble",
    "incident": {"reference": "T-1", "category": "late_delivery", "delay_hours": 72},
    "order": {"currency": "EUR", "total": 10490},
    "customer": {"reference": "C-1"},
}


@pytest.fixture
def tried(tmp_path):
    def run(preset, payload, *options):
        file = tmp_path / "payload"
        file.write_text(payload if isinstance(payload, str) else json.dumps(payload), "utf-8")
        return CliRunner().invoke(app, ["inbound", "try", preset, str(file), *options])

    return run


def test_an_offer_is_shown_for_people_and_for_programs(tried):
    shown = tried("github", TROUBLE)
    assert (shown.exit_code, "late_delivery" in shown.stdout, "T-1" in shown.stdout) == (0, True, True)
    (told,) = json.loads(tried("github", TROUBLE, "--json").stdout)
    assert (told["outcome"], told["request"]["incident"]["reference"]) == ("offer", "T-1")


@pytest.mark.parametrize(
    ("preset", "payload", "options", "outcome", "exit_code"),
    [
        ("github", {**TROUBLE, "order": {"currency": "EUR"}}, [], "incident", 0),
        ("github", {"type": "trouble"}, [], "failed", 1),
        ("shopify", {"customer": {"id": 7}}, ["--topic", "customers/redact"], "erase", 0),
        ("shopify", {"shop_id": 7}, ["--topic", "shop/redact"], "erase", 0),
        ("shopify", {"id": 7}, ["--topic", "products/update"], "aside", 0),
    ],
)
def test_each_outcome_has_its_word(tried, preset, payload, options, outcome, exit_code):
    shown = tried(preset, payload, *options, "--json")
    assert (json.loads(shown.stdout)[0]["outcome"], shown.exit_code) == (outcome, exit_code)


@pytest.mark.parametrize(("preset", "payload"), [("github", "{"), ("salesforce", "{}"), ("github", "[" * 99)])
def test_what_is_no_payload_is_refused(tried, preset, payload):
    assert tried(preset, payload).exit_code == 2


COLD = """
  cold_food:
    ceiling: 0.60
    basis: affected
    share_max: 0.25
    share_cap: 0.35
    menu: goods
    grades: {cold: 0.50}
"""


def test_a_source_that_is_kept_is_tried_by_the_policy_of_its_merchant(tried, monkeypatch):
    with webapp.on_sqlite() as web:
        text = default_text().replace("\n  other:\n", f"{COLD}  other:\n")
        key = {"Idempotency-Key": "cold"}
        made = web.post("/policies", {"text": text}, **key)
        headers = {**web.key("north"), "If-Match": made.headers["etag"]}
        web.client.post(f"/policies/{made.json()['version']}/activate", json={}, headers=headers).raise_for_status()
        source = web.post("/inbound-sources", {"name": "Kitchen", "preset": "github", "decide": True}, **key).json()
        monkeypatch.setenv("COMPENSATION_DATABASE_URL", web.url)
        payload = {**TROUBLE, "incident": {"reference": "T-1", "category": "cold_food", "grade": "cold"}}
        found = [json.loads(tried(name, payload, "--json").stdout)[0] for name in ("github", source["id"])]
    assert [each["outcome"] for each in found] == ["incident", "offer"], found
