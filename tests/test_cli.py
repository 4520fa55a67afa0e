"""The command line: what it answers, where, and with which exit code."""

import io
import json
import re
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

import databases
import webapp
from compensation_service import cli
from compensation_service.api.offer_request import EXAMPLE

CASE = {"incident": {"category": "late_delivery", "delay_hours": 72}, "order": {"currency": "EUR", "total": 10000}}


class Outcome:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def run(monkeypatch, capfd, tmp_path):
    """Run the command line on an empty database in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments, stdin=b"", **environment):
        for name, value in environment.items():
            monkeypatch.setenv(f"COMPENSATION_{name.upper()}", value)
        monkeypatch.setattr(sys, "argv", ["compensation-service", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main()
        captured = capfd.readouterr()
        return Outcome(left.value.code, captured.out, captured.err)

    return run


@pytest.fixture
def database(tmp_path):
    """The database of the default setting, as `db upgrade` leaves it."""
    (tmp_path / "var").mkdir()
    shutil.copyfile(databases.sqlite_template(), tmp_path / "var/compensation.db")


@pytest.fixture
def case_file(tmp_path):
    path = tmp_path / "a case.json"
    path.write_text(json.dumps(CASE))
    return path


def test_help_names_every_command_and_the_exit_codes(run):
    answer = run("--help")
    assert answer.code == 0
    for word in ("serve", "demo", "decide", "db", "keys", "policy", "recompute", "openapi", "Exit codes"):
        assert word in answer.out


def test_version(run):
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", run("--version").out)


def test_an_unknown_command_is_wrong_usage(run):
    assert run("decidee").code == 2


class TestDecide:
    def test_shows_options_and_reasons(self, run, case_file):
        answer = run("decide", case_file)
        assert answer.code == 0
        for word in ("moderate", "opt_1", "store credit", "late_delivery.hours", "72 hours"):
            assert word in answer.out

    def test_answers_json_as_the_service_does(self, run, case_file):
        answer = run("decide", case_file, "--json").json
        assert answer["severity"]["score"] == "0.374"
        assert answer["goodwill"]["exact"] == "1132.9608"
        assert "id" not in answer

    def test_reads_standard_input(self, run):
        assert run("decide", "-", "--json", stdin=json.dumps(EXAMPLE).encode()).json["severity"]["band"] == "moderate"

    def test_speaks_the_customers_language_or_the_one_asked_for(self, run):
        body = json.dumps(EXAMPLE).encode()
        assert "часа" in run("decide", "-", stdin=body).out
        assert "часа" not in run("decide", "-", "--language", "en", stdin=body).out
        assert run("decide", "-", "--language", "xx", stdin=body).code == 2

    def test_decides_by_another_policy(self, run, case_file, tmp_path):
        text = run("policy", "show").out
        (tmp_path / "mine.yaml").write_text(re.sub(r"(?m)^name: .*", "name: mine", text))
        assert run("decide", case_file, "--policy", "mine.yaml", "--json").json["policy"]["name"] == "mine"

    @pytest.mark.parametrize(
        ("body", "says"),
        [
            (b"{", "Not valid JSON"),
            (b'{"incident": {"category": "late_delivery"}, "incident": {}}', "Duplicate key"),
            (b'{"incident": {"category": "late_delivery", "dealy_hours": 1}}', "/incident/dealy_hours"),
            (b'{"incident": {"category": "late_delivery", "currency": "EUR"}}', "/order"),
            (b"\xff", "UTF-8"),
        ],
    )
    def test_says_what_is_wrong_with_the_input(self, run, body, says):
        answer = run("decide", "-", stdin=body)
        assert answer.code == 2
        assert says in answer.err
        assert answer.out == ""
        assert "Traceback" not in answer.err

    def test_a_file_that_is_not_there(self, run):
        answer = run("decide", "nowhere.json")
        assert answer.code == 2
        assert "nowhere.json" in answer.err


@pytest.mark.usefixtures("database")
class TestKeys:
    def test_the_token_alone_is_on_standard_output(self, run):
        answer = run("keys", "create", "--merchant", "north", "--name", "backend")
        assert re.fullmatch(r"cmp_[a-z2-7]{12}_[0-9a-f]{64}\n", answer.out)
        assert "once" in answer.err

    def test_a_key_gets_what_a_backend_needs_and_no_more(self, run):
        key = run("keys", "create", "--merchant", "north", "--name", "backend", "--json").json
        assert key["scopes"] == ["incidents:read", "offers:read", "offers:write"]
        assert key["role"] == "service"
        assert key["expires_at"] is None

    def test_role_scopes_and_days_are_as_asked(self, run):
        options = ("--role", "lead", "--scope", "offers:read", "--scope", "keys:manage", "--days", "30", "--json")
        key = run("keys", "create", "--merchant", "north", "--name", "lead", *options).json
        assert (key["role"], key["scopes"]) == ("lead", ["keys:manage", "offers:read"])
        assert key["expires_at"] is not None

    @pytest.mark.parametrize(
        "odd", [["--name", " "], ["--name", "n" * 201], ["--name", "a\nb"], ["--days", "99999999"]]
    )
    def test_what_no_request_could_ask_for_is_wrong_usage(self, run, odd):
        assert run("keys", "create", "--merchant", "north", "--name", "backend", *odd).code == 2

    def test_a_merchant_lists_its_own_keys_without_their_secrets(self, run):
        token = run("keys", "create", "--merchant", "north", "--name", "n").out.strip()
        run("keys", "create", "--merchant", "south", "--name", "s")
        listed = run("keys", "list", "--merchant", "north", "--json")
        assert [key["name"] for key in listed.json] == ["n"]
        assert token.split("_")[2] not in listed.out
        assert token.split("_")[1] in run("keys", "list", "--merchant", "north").out

    def test_a_revoked_key_stays_in_the_list(self, run):
        key = run("keys", "create", "--merchant", "north", "--name", "n", "--json").json
        assert run("keys", "revoke", key["id"], "--merchant", "north").code == 0
        assert run("keys", "list", "--merchant", "north", "--json").json[0]["revoked_at"] is not None

    def test_another_merchants_key_cannot_be_revoked(self, run):
        key = run("keys", "create", "--merchant", "north", "--name", "n", "--json").json
        assert run("keys", "revoke", key["id"], "--merchant", "south").code == 1

    def test_a_rotated_key_is_replaced_by_one_that_may_the_same(self, run):
        old = run("keys", "create", "--merchant", "north", "--name", "till", "--role", "lead", "--json").json
        answer = run("keys", "rotate", old["id"], "--merchant", "north", "--overlap-hours", "2")
        assert re.fullmatch(r"cmp_[a-z2-7]{12}_[0-9a-f]{64}\n", answer.out)
        kept, new = run("keys", "list", "--merchant", "north", "--json").json
        assert (new["name"], new["role"], new["scopes"]) == (old["name"], old["role"], old["scopes"])
        assert new["id"] == answer.out.split("_")[1]
        assert kept["expires_at"] is not None
        again = run("keys", "rotate", old["id"], "--merchant", "north")
        assert again.code == 1
        assert "rotated before" in again.err

    def test_a_merchant_is_a_slug(self, run):
        answer = run("keys", "create", "--merchant", "North Shop", "--name", "n")
        assert answer.code == 2
        assert "lower-case" in answer.err


@pytest.mark.usefixtures("database")
class TestMerchants:
    def test_are_added_once_and_listed(self, run):
        assert run("merchants", "create", "south", "--name", "South & Sons").code == 0
        run("keys", "create", "--merchant", "north", "--name", "n")
        again = run("merchants", "create", "south")
        assert again.code == 1
        assert "already" in again.err
        assert [(each["id"], each["name"]) for each in run("merchants", "list", "--json").json] == [
            ("north", "north"),
            ("south", "South & Sons"),
        ]

    def test_a_merchant_can_have_keys_at_once(self, run):
        assert run("merchants", "create", "south", "--json").json["id"] == "south"
        assert run("keys", "create", "--merchant", "south", "--name", "s").code == 0

    def test_is_a_slug(self, run):
        assert run("merchants", "create", "South Shop").code == 2


@pytest.mark.usefixtures("database", "merchant")
class TestBudgets:
    ASKED = ("--merchant", "north", "--name", "All", "--currency", "EUR", "--limit", "500000", "--month", "2026-12")

    @pytest.fixture
    def merchant(self, run):
        run("merchants", "create", "north")

    def test_a_budget_is_made_listed_and_shown(self, run):
        budget_id = run("budgets", "create", *self.ASKED).out.strip()
        (listed,) = run("budgets", "list", "--merchant", "north", "--json").json
        assert (listed["id"], listed["starts_at"], listed["created_by"]) == (
            budget_id,
            "2026-12-01T00:00:00Z",
            "command-line",
        )
        assert run("budgets", "show", budget_id, "--merchant", "north", "--json").json == listed
        for command in (("list",), ("show", budget_id)):
            assert "€5,000.00" in run("budgets", *command, "--merchant", "north").out

    def test_of_another_merchant_there_is_none(self, run):
        budget_id = run("budgets", "create", *self.ASKED).out.strip()
        run("merchants", "create", "south")
        assert run("budgets", "list", "--merchant", "south", "--json").json == []
        assert run("budgets", "show", budget_id, "--merchant", "south").code == 1

    def test_what_cannot_be_is_refused(self, run):
        assert run("budgets", "create", *self.ASKED, "--category", "late_delivry").code == 1
        assert run("budgets", "create", *self.ASKED, "--month", "2026-13").code == 2
        assert run("budgets", "create", *self.ASKED, "--month", "9999-12").code == 2
        assert run("budgets", "create", *self.ASKED, "--limit", 10**30).code == 2
        assert run("budgets", "create", *self.ASKED, "--name", " ").code == 2
        assert run("budgets", "create", *self.ASKED, "--merchant", "nobody").code == 1


class TestDatabase:
    def test_an_empty_one_is_not_up_to_date(self, run):
        assert run("db", "check").code == 1

    def test_upgrade_brings_it_up_and_may_be_repeated(self, run):
        assert run("db", "upgrade").code == 0
        assert run("db", "upgrade").code == 0
        answer = run("db", "check", "--json")
        assert answer.code == 0
        assert answer.json["ok"] is True
        assert answer.json["revision"] == answer.json["wanted"]

    def test_it_is_where_the_default_setting_says(self, run):
        run("db", "upgrade")
        assert Path("var/compensation.db").is_file()

    def test_one_of_a_later_version_is_left_alone(self, run):
        run("db", "upgrade")
        with closing(sqlite3.connect("var/compensation.db", isolation_level=None)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '29990101_0000'")
        assert run("db", "check").code == 1
        answer = run("db", "upgrade")
        assert answer.code == 1
        assert "a later version" in answer.err

    @pytest.mark.parametrize("command", ["merchants list", "verify", "worker --once", "keys create --name n"])
    def test_one_without_tables_is_told_of_with_what_to_do(self, run, command):
        answer = run(*command.split(), *(["--merchant", "north"] if command.startswith("keys") else []))
        assert answer.code == 1
        assert "db upgrade" in answer.err
        assert "no such table" in answer.err
        assert "Traceback" not in answer.err

    def test_and_on_postgresql(self, run):
        with databases.fresh_postgresql(migrated=False) as url:
            answer = run("merchants", "list", database_url=url)
        assert (answer.code, "db upgrade" in answer.err) == (1, True)

    def test_a_file_that_is_none_is_said_in_a_sentence(self, run, tmp_path):
        (tmp_path / "letter.txt").write_text("Dear customer, " * 100)
        answer = run("db", "check", database_url="sqlite:///letter.txt")
        assert answer.code == 1
        assert "file is not a database" in answer.err

    def test_works_on_postgresql(self, run, postgresql_url):
        assert run("db", "upgrade", database_url=postgresql_url).code == 0
        assert run("db", "check", allow_unsafe_durability="true").code == 0

    def test_one_that_is_away_is_said_in_a_sentence(self, run):
        answer = run("db", "check", database_url="postgresql://u:hunter2@127.0.0.1:1/none")
        assert answer.code == 1
        assert "not available" in answer.err
        assert "refused" in answer.err, "the driver says why"
        assert "hunter2" not in answer.err


class TestPolicy:
    def test_the_default_is_shown_as_written(self, run):
        assert "judgement" in run("policy", "show").out

    def test_and_as_json(self, run):
        assert len(run("policy", "show", "--json").json["categories"]) == 10

    def test_what_is_shown_passes_the_check(self, run, tmp_path):
        (tmp_path / "mine.yaml").write_text(run("policy", "show").out)
        (tmp_path / "mine.json").write_text(run("policy", "show", "--json").out)
        assert run("policy", "check", "mine.yaml").code == 0
        assert run("policy", "check", "mine.json", "--json").json["usable"] is True

    def test_a_broken_one_is_refused_with_the_place(self, run, tmp_path):
        (tmp_path / "mine.yaml").write_text(run("policy", "show").out.replace("ceiling: 0.85", "ceiling: 7", 1))
        answer = run("policy", "check", "mine.yaml")
        assert answer.code == 2
        assert re.search(r"mine\.yaml:\d+:\d+: categories\.late_delivery\.ceiling", answer.err)
        answer = run("policy", "check", "mine.yaml", "--json")
        assert answer.code == 2
        assert answer.json["problems"][0]["pointer"] == "/categories/late_delivery/ceiling"


@pytest.mark.usefixtures("database")
class TestPolicyVersions:
    @pytest.fixture
    def north(self, run, tmp_path):
        """A merchant, and a policy of its own in a file."""
        run("keys", "create", "--merchant", "north", "--name", "n")
        text = run("policy", "show").out.replace("share_max: 0.30", "share_max: 0.35", 1)
        (tmp_path / "mine.yaml").write_text(text)
        return ("--merchant", "north")

    def test_a_second_person_activates_a_draft(self, run, north):
        assert "draft by anna" in run("policy", "add", "mine.yaml", *north, "--by", "anna").out
        assert run("policy", "list", *north, "--json").json[1]["deciding"] is True
        assert run("policy", "add", "mine.yaml", *north, "--by", " ").code == 2, "nobody is no author"
        assert run("policy", "show", 10**30, *north).code == 1
        refused = run("policy", "activate", 2, *north, "--by", "anna")
        assert refused.code == 1
        assert "Somebody else" in refused.err
        assert run("policy", "activate", 2, *north, "--by", "boris").code == 0
        listed = run("policy", "list", *north)
        assert re.search(r"2 ★ +default +active +anna +boris", listed.out)
        assert run("policy", "show", 2, *north).out == Path("mine.yaml").read_text()
        again = run("policy", "activate", 2, *north, "--by", "vera")
        assert again.code == 1
        assert "status is active" in again.err

    def test_it_may_begin_later(self, run, north):
        run("policy", "add", "mine.yaml", *north, "--by", "anna")
        activate = ("policy", "activate", 2, *north, "--by", "boris", "--json", "--from")
        assert run(*activate, "2199-01-01").code == 2
        assert run(*activate, "tomorrow").code == 2
        assert run(*activate, "2020-01-01T00:00:00Z").code == 1
        active = run(*activate, "2199-01-01T00:00:00+01:00").json
        assert (active["active_from"], active["deciding"]) == ("2198-12-31T23:00:00Z", False)

    def test_a_difference_is_shown_in_words_and_in_cases(self, run, north):
        run("policy", "add", "mine.yaml", *north, "--by", "anna")
        shown = run("policy", "diff", 1, 2, *north)
        assert "late_delivery: share_max 0.30 → 0.35" in shown.out
        assert re.search(r"72 hours late +moderate: €14.50, .* moderate: €17.00, .*≠", shown.out)
        assert run("policy", "diff", "default", "mine.yaml", "--json").json["changes"]
        assert "Nothing changed" in run("policy", "diff", "mine.yaml", "mine.yaml").out
        assert run("policy", "diff", 1, 2).code == 2
        assert run("policy", "diff", 1, 9, *north).code == 1
        assert run("policy", "diff", 1, "nowhere.yaml", *north).code == 2

    def test_what_is_unwise_is_said_and_what_is_broken_is_not_kept(self, run, north):
        text = Path("mine.yaml").read_text()
        Path("mine.yaml").write_text(text.replace("automatic_most: 0.5", "automatic_most: 1"))
        checked = run("policy", "check", "mine.yaml")
        assert checked.code == 0
        assert re.search(r"mine\.yaml:\d+:\d+: approval\.automatic_most: .*\[nobody_looks\]", checked.out)
        warned = run("policy", "check", "mine.yaml", "--json").json["warnings"]
        assert "nobody_looks" in {warning["code"] for warning in warned}
        Path("mine.yaml").write_text(text.replace("total_cap: 1.20", "total_cap: 1.51"))
        refused = run("policy", "add", "mine.yaml", *north, "--by", "anna")
        assert refused.code == 2
        assert "goodwill.total_cap" in refused.err
        assert len(run("policy", "list", *north, "--json").json) == 1

    def test_a_stored_offer_is_decided_again(self, run, north, tmp_path):
        with webapp.running(f"sqlite:///{tmp_path}/var/compensation.db") as web:
            made = web.offer("ZD-1")
        again = run("recompute", made["id"], *north)
        assert again.code == 0
        assert "version 1: the same decision" in again.out
        assert run("recompute", made["id"], *north, "--json").json["same"] is True
        with sqlite3.connect("var/compensation.db") as connection:
            connection.execute("UPDATE offers SET document = replace(document, 'critical', 'trivial')")
            connection.execute("UPDATE offers SET document = replace(document, '\"kept\"', '\"rejected\"')")
        differs = run("recompute", made["id"], *north)
        assert differs.code == 1
        assert re.search(r"/mode +rejected +kept", differs.out)
        assert run("recompute", "off_none", *north).code == 1


def test_openapi_is_as_committed(run):
    committed = Path(__file__).parents[1] / "openapi" / "openapi.json"
    assert run("openapi").out == committed.read_text("utf-8"), "run `make openapi`"


def test_a_wrong_setting_is_named_without_its_value(run):
    answer = run("db", "check", pool_size="many")
    assert answer.code == 2
    assert "COMPENSATION_POOL_SIZE" in answer.err
    assert "many" not in answer.err


def test_a_misspelt_setting_is_told_and_the_command_goes_on(run):
    told = run("policy", "show", databse_url="sqlite:///elsewhere.db")
    assert told.code == 0
    assert (
        "COMPENSATION_DATABSE_URL is no setting and has no effect; did you mean COMPENSATION_DATABASE_URL?" in told.err
    )
