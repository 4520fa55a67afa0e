"""Settings: from the environment, from files, and refused where they are unsafe."""

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsError

from compensation_service.settings import DEVELOPMENT_SECRET, Environment, Settings, misspelt

SECRET = "s" * 32


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    for name in Settings.model_fields:
        for suffix in ("", "_FILE"):
            monkeypatch.delenv(f"COMPENSATION_{name.upper()}{suffix}", raising=False)


def test_works_with_nothing_set():
    assert Settings().database_url == "sqlite:///var/compensation.db"


def test_environment_variables_set_values(monkeypatch):
    monkeypatch.setenv("COMPENSATION_POOL_SIZE", "7")
    assert Settings().pool_size == 7


def test_a_file_gives_a_value_without_its_line_end(monkeypatch, tmp_path):
    (tmp_path / "url").write_text("postgresql://u:p@h/n\n")
    monkeypatch.setenv("COMPENSATION_DATABASE_URL_FILE", str(tmp_path / "url"))
    assert Settings().database_url == "postgresql://u:p@h/n"


def test_the_environment_wins_over_a_file(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("from the file")
    monkeypatch.setenv("COMPENSATION_SECRET_KEY_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("COMPENSATION_SECRET_KEY", "from the environment")
    assert Settings().secret_key.get_secret_value() == "from the environment"


@pytest.mark.parametrize("name", ["nowhere", "picture"])
def test_a_file_that_cannot_be_read_is_an_error_that_names_the_setting(monkeypatch, tmp_path, name):
    (tmp_path / "picture").write_bytes(b"\xff\xd8\xff")
    monkeypatch.setenv("COMPENSATION_SECRET_KEY_FILE", str(tmp_path / name))
    with pytest.raises(SettingsError, match=f"COMPENSATION_SECRET_KEY_FILE: .*{name}"):
        Settings()


@pytest.mark.parametrize("secret", [DEVELOPMENT_SECRET, "short"])
def test_production_refuses_a_secret_that_is_none(monkeypatch, secret):
    monkeypatch.setenv("COMPENSATION_ENVIRONMENT", "production")
    monkeypatch.setenv("COMPENSATION_SECRET_KEY", secret)
    with pytest.raises(ValidationError, match="SECRET_KEY"):
        Settings()


def test_production_takes_a_secret_of_its_own(monkeypatch):
    monkeypatch.setenv("COMPENSATION_ENVIRONMENT", "production")
    monkeypatch.setenv("COMPENSATION_SECRET_KEY", SECRET)
    monkeypatch.setenv("COMPENSATION_PUBLIC_BASE_URL", "https://offers.example")
    assert Settings().environment is Environment.PRODUCTION


def test_production_has_to_know_its_address(monkeypatch):
    monkeypatch.setenv("COMPENSATION_ENVIRONMENT", "production")
    monkeypatch.setenv("COMPENSATION_SECRET_KEY", SECRET)
    with pytest.raises(ValidationError, match="PUBLIC_BASE_URL"):
        Settings()


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [({}, 0), ({"drain_seconds": 7}, 7), ({"environment": "production"}, 5)],
)
def test_requests_are_taken_for_a_while_after_the_signal_in_production(settings, seconds):
    assert Settings(**settings, secret_key=SECRET, public_base_url="https://offers.example").draining == seconds


def test_hosts_are_a_list_in_any_case():
    assert Settings(allowed_hosts="Offers.Example, [::1]:8000,").hosts == {"offers.example", "[::1]:8000"}
    assert not Settings().hosts


@pytest.mark.parametrize(
    "url",
    [
        "mysql://h/n",
        "sqlite:///:memory:",
        "sqlite://",
        "postgresql://",
        "file.db",
        "postgresql+asyncpg://h/n",
        "postgresql://u:p@h:port/n",
        "postgresql://u:a@b@h/n",
        "postgresql://u:a@b:c@h/n",
    ],
)
def test_refuses_databases_it_cannot_keep_anything_in(url):
    with pytest.raises(ValidationError):
        Settings(database_url=url)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///a b/c.db",
        "sqlite:////abs/c.db",
        "postgresql://u:p@h:5432/n?sslmode=require",
        "postgresql:///n?host=/run/postgresql",
        "postgresql+psycopg://u:a/b:c%40d@[::1]:5432/n",
    ],
)
def test_takes_databases(url):
    assert Settings(database_url=url).database_url == url


def test_the_public_address_has_no_slash_at_its_end():
    assert Settings(public_base_url="https://offers.example/base/").public_base_url == "https://offers.example/base"


def test_secrets_are_not_in_what_is_printed():
    settings = Settings(secret_key=SECRET, database_url="postgresql://u:hunter2@h/n")
    assert SECRET not in repr(settings)
    assert "hunter2" not in repr(settings)


def test_an_error_does_not_repeat_the_value(monkeypatch):
    monkeypatch.setenv("COMPENSATION_DATABASE_URL", "mysql://u:hunter2@h/n")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "hunter2" not in str(refused.value)


def test_every_setting_says_what_it_means():
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("COMPENSATION_DATABSE_URL", "COMPENSATION_DATABASE_URL"),
        ("COMPENSATION_SECRET_KEY_FILES", "COMPENSATION_SECRET_KEY_FILE"),
        ("compensation_pool_sizes", "COMPENSATION_POOL_SIZE"),
        ("COMPENSATION_DATABASE_URL", None),
        ("compensation_database_url", None),
        ("COMPENSATION_SECRET_KEY_FILE", None),
        ("COMPENSATION_SERVICE_HOST", None),  # as Kubernetes names the address of a service called so
        ("COMPENSATION_PORT_8000_TCP", None),
        ("DATABASE_URL", None),
    ],
)
def test_a_misspelt_setting_is_noticed_and_what_is_not_ours_is_not(name, meant):
    assert misspelt(["PATH", name]) == ({name: meant} if meant else {})
