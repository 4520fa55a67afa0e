"""`verify` and `customers erase` on the command line: what they say, and their exit codes."""

import json

import pytest
from typer.testing import CliRunner

import databases
import webapp
from compensation_service.cli import app
from compensation_service.domain.errors import NotFound
from compensation_service.store.tables import events
from forgery import MERCHANT, forging


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with databases.fresh_sqlite(tmp_path_factory.mktemp("verify")) as url:
        with webapp.running(url) as web:
            for number in range(3):
                web.offer(f"ticket-{number}", f"C-{number}")
        yield url


def run(url, *arguments, **settings):
    return CliRunner().invoke(app, arguments, env={"COMPENSATION_DATABASE_URL": url} | settings)


def test_it_finds_says_and_signs(url):
    first = run(url, "verify", "--checkpoint", "--json")
    told = json.loads(first.stdout)
    (report,) = told["merchants"]
    assert first.exit_code == 1, "until the first checkpoint nothing shows that an end was cut off"
    assert [finding["place"] for finding in report["findings"]] == ["checkpoints"]
    noted = report["checkpoint"]
    assert noted.startswith("1:")

    second = run(url, "verify", "--merchant", MERCHANT, "--noted", noted)
    assert second.exit_code == 0, second.stdout
    assert f"3 incidents, 3 events, 3 offers, 0 erased, 1 checkpoints: nothing is wrong; newest checkpoint {noted}" in (
        second.stdout
    )

    other = {"COMPENSATION_SECRET_KEY": "another secret key of 32 characters"}
    assert "unsigned: checkpoint 1" in run(url, "verify", **other).stdout
    assert run(url, "verify", "--public-key", told["public_key"], **other).exit_code == 0

    missed = run(url, "verify", "--merchant", MERCHANT, "--noted", f"2:{noted[2:]}")
    assert (missed.exit_code, "missing: checkpoint 2" in missed.stdout) == (1, True)


def test_it_names_the_place(url):
    run(url, "verify", "--checkpoint")
    with forging(url) as forger:
        (row, *_) = forger.rows(events)
        forger.change(events, row, payload=row["payload"].replace("open", "informational"))
        forger.commit()
        found = run(url, "verify")
        forger.undo()
    assert found.exit_code == 1
    assert f"changed: {row['incident_id']} event 1: " in found.stdout
    assert MERCHANT in found.stdout


def test_what_is_asked_wrongly_is_refused(url):
    assert run(url, "verify", "--noted", "1:abc").exit_code == 2
    assert run(url, "verify", "--merchant", MERCHANT, "--noted", "abc").exit_code == 2
    assert run(url, "verify", "--merchant", "No Shop").exit_code == 2
    assert run(url, "verify", "--public-key", "abc").exit_code == 2


@pytest.mark.parametrize("command", ["verify", "export", "keys list", "customers erase C-1 --yes"])
def test_a_merchant_that_was_misspelt_is_told_of(url, command):
    answer = run(url, *command.split(), "--merchant", f"{MERCHANT}-x")
    assert isinstance(answer.exception, NotFound)


def test_a_customer_is_erased_by_who_is_sure(url):
    run(url, "verify", "--checkpoint")
    assert run(url, "customers", "erase", "C-1", "--merchant", MERCHANT).exit_code == 1
    erased = run(url, "customers", "erase", "C-1", "--merchant", MERCHANT, "--yes", "--json")
    assert (erased.exit_code, json.loads(erased.stdout)) == (0, {"incidents": 1})
    verified = json.loads(run(url, "verify", "--json").stdout)["merchants"][0]
    assert (verified["wrong"], verified["verified"]["erased"]) == (0, 1)
