"""Every setting of the service, with its default; the table in README is generated from here.

A setting is read from the environment variable `COMPENSATION_<NAME>`, or, so that secrets need not stand in the
environment, from the file that `COMPENSATION_<NAME>_FILE` names.
"""

import os
import re
from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from compensation_service.letters.post import Encryption

PREFIX = "COMPENSATION_"
DEVELOPMENT_SECRET = "development-only-never-a-secret"  # noqa: S105 - public on purpose, and refused in production
SECRET_LENGTH_MIN = 32
DATABASE_URL = re.compile(
    r"sqlite:///[^:].*|postgresql(\+psycopg)?://(?=.)([^@]*@)?(\[[^]]*\]|[^]:/?@[]*)(:\d+)?(/.*)?(\?.*)?"
)
ALMOST = 0.8
"""How alike two names are, from 0 to 1, of which one is taken for the other misspelt."""
DRAIN_SECONDS = 5
"""In production: how long a balancer may take to notice that a process is not ready any more."""


class Environment(StrEnum):
    """Where the service runs; production refuses what is only safe on a developer's machine."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class LogFormat(StrEnum):
    """How a line of the log looks: for machines or for people."""

    JSON = "json"
    CONSOLE = "console"


class LogLevel(StrEnum):
    """The least serious line that is still written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Settings(BaseSettings):
    """The settings of one process. Raises pydantic.ValidationError where a value is unusable or unsafe."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True
    )

    environment: Environment = Field(
        Environment.DEVELOPMENT, description="`production` refuses unsafe settings; `development` does not."
    )
    database_url: str = Field(
        "sqlite:///var/compensation.db",
        repr=False,
        description="Where everything is kept: `sqlite:///path` or `postgresql://user:password@host/name`.",
    )
    secret_key: SecretStr = Field(
        SecretStr(DEVELOPMENT_SECRET),
        description=f"Signs cursors and links, and seals webhook secrets; at least {SECRET_LENGTH_MIN} characters, the "
        "same for all processes. Production must set its own.",
    )
    public_base_url: str = Field(
        "http://127.0.0.1:8000",
        pattern=r"^https?://[^\s/]+[^\s]*$",
        description="The address under which callers reach the service; links in answers begin with it.",
    )
    log_level: LogLevel = Field(LogLevel.INFO, description="`debug`, `info`, `warning` or `error`.")
    log_format: LogFormat = Field(LogFormat.JSON, description="`json` for machines, `console` for people.")
    write_timeout_seconds: float = Field(
        3.0, gt=0, le=60, description="How long a caller waits for a write before being told to try again, in seconds."
    )
    pool_size: int = Field(5, ge=1, le=100, description="Database connections that one process keeps for reading.")
    database_connect_timeout_seconds: int = Field(
        2, ge=1, le=30, description="How long connecting to the database may take, in seconds."
    )
    group_commit_most: int = Field(64, ge=1, le=1024, description="Most writes that share one commit.")
    group_commit_queue: int = Field(
        1024, ge=1, le=65536, description="Most writes that wait for a commit; more are told to come back later."
    )
    max_body_bytes: int = Field(65536, ge=1024, le=16777216, description="Largest request body, in bytes.")
    preview_key_cache_seconds: int = Field(
        900,
        ge=0,
        le=86400,
        description="How long previews trust a key they have seen, so that they work without a database, in seconds.",
    )
    key_cache_seconds: int = Field(
        30, ge=0, le=3600, description="How long reads trust a key they have seen, in seconds; writes always look."
    )
    rate_limit_per_second: int = Field(
        10_000,
        ge=0,
        le=1_000_000,
        description="Requests a second that one key may make of one process; 0 is no limit. "
        "The default is more than a process can answer: it holds back only what you say.",
    )
    rate_limit_burst: int = Field(
        20_000, ge=1, le=1_000_000, description="Requests that a key may make at once before it is held to its rate."
    )
    failures_per_minute: int = Field(
        20,
        ge=1,
        le=1_000_000,
        description="Requests without a valid key that one address may make in a minute before all of them get 429.",
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=10,
        description="How many proxies of yours stand in front and add to `X-Forwarded-For`; with 0 it is not read.",
    )
    allowed_hosts: str = Field(
        "",
        pattern=r"^[A-Za-z0-9.:\[\],_ -]*$",
        description="Hosts that requests may name, separated by commas; any host if empty.",
    )
    keep_alive_seconds: int = Field(
        5,
        ge=1,
        le=3600,
        description="How long a connection without requests stays open; longer than a proxy in front keeps its own.",
    )
    drain_seconds: int | None = Field(
        None,
        ge=0,
        le=300,
        description="How long requests are still accepted after SIGTERM, with `/readyz` at 503 already, in seconds; "
        "if not set, 5 in production and 0 in development.",
    )
    webhooks_to_localhost: bool = Field(
        default=False,
        description="Let webhooks go over http, to any port, and to this machine: for development only.",
    )
    with_worker: bool = Field(
        default=False, description="Let each process of `serve` do the work of `worker` too; `--with-worker` sets it."
    )
    smtp_host: str | None = Field(
        None, min_length=1, description="The mail relay that letters are handed to; if not set, nothing is mailed."
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="The relay's port.")
    smtp_encryption: Encryption = Field(Encryption.STARTTLS, description="`starttls`, `tls` or `none`.")
    smtp_user: str | None = Field(None, description="Who we are to the relay; if not set, it takes mail without.")
    smtp_password: SecretStr | None = Field(None, description="And the password.")
    smtp_sender: str = Field(
        "no-reply@localhost",
        pattern=r"^[^@\s<>]+@[^@\s<>]+$",
        description="The address that letters come from; the name before it is the shop's.",
    )
    retention_answers_days: int = Field(
        30,
        ge=1,
        le=36500,
        description="Days for which a request repeated with its `Idempotency-Key` gets the very bytes of the first "
        "answer; then they are cleared, and it gets what it made as it stands.",
    )
    retention_closed_days: int | None = Field(
        None,
        ge=1,
        le=36500,
        description="Days after the last thing that happened to a closed incident until what identifies the customer "
        "is erased from it; kept for ever if not set.",
    )
    docs_enabled: bool = Field(default=True, description="Whether `/docs` and `/openapi.json` are served.")
    allow_unsafe_durability: bool = Field(
        default=False, description="Start even if the database may lose committed data when the power fails."
    )

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that requests may name, in lower case; none at all means any."""
        return frozenset(filter(None, (host.strip() for host in self.allowed_hosts.lower().split(","))))

    @property
    def database_file(self) -> Path | None:
        """Where SQLite keeps everything; None on PostgreSQL."""
        scheme, _, path = self.database_url.partition(":///")
        return Path(path.partition("?")[0]) if scheme == "sqlite" else None

    @property
    def draining(self) -> int:
        """How many seconds requests are still accepted after SIGTERM."""
        if self.drain_seconds is not None:
            return self.drain_seconds
        return DRAIN_SECONDS if self.environment is Environment.PRODUCTION else 0

    @field_validator("database_url")
    @classmethod
    def _of_a_kind_we_know(cls, value: str) -> str:
        if not DATABASE_URL.fullmatch(value):
            raise ValueError(
                "sqlite:///path or postgresql://user:password@host:port/name is expected; @ in a password is %40"
            )
        return value

    @field_validator("public_base_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def _safe(self) -> Self:
        secret = self.secret_key.get_secret_value()
        if self.environment is Environment.PRODUCTION and secret == DEVELOPMENT_SECRET:
            raise ValueError(f"production needs a secret of its own: set {PREFIX}SECRET_KEY or {PREFIX}SECRET_KEY_FILE")
        if self.environment is Environment.PRODUCTION and len(secret) < SECRET_LENGTH_MIN:
            raise ValueError(f"{PREFIX}SECRET_KEY is shorter than {SECRET_LENGTH_MIN} characters")
        if self.environment is Environment.PRODUCTION and "public_base_url" not in self.model_fields_set:
            raise ValueError(f"production needs to know its address: set {PREFIX}PUBLIC_BASE_URL")
        if self.environment is Environment.PRODUCTION and self.webhooks_to_localhost:
            raise ValueError(f"production sends no webhooks to itself: leave out {PREFIX}WEBHOOKS_TO_LOCALHOST")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - called by name, and .env files are not read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above: SecretFiles takes its place
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Say who is asked first: arguments, then the environment, then the files it names."""
        return init_settings, env_settings, SecretFiles(settings_cls)


def misspelt(names: Iterable[str]) -> dict[str, str]:
    """Names of variables that are no settings, each with the setting whose name it almost has.

    Others that begin with the prefix may be meant for somebody else, or for another version of the service.
    """
    known = [name + ending for name in map(str.upper, Settings.model_fields) for ending in ("", "_FILE")]
    ours = [name for name in names if name.upper().startswith(PREFIX)]
    found = {name: get_close_matches(name.upper().removeprefix(PREFIX), known, 1, ALMOST) for name in ours}
    return {name: PREFIX + near[0] for name, near in found.items() if near and name.upper() != PREFIX + near[0]}


class SecretFiles(PydanticBaseSettingsSource):
    """Reads a setting from the file that `COMPENSATION_<NAME>_FILE` names, without the line end at its end."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - pydantic's
        """Return the file's text, or None if no file is named. SettingsError if it cannot be read."""
        variable = f"{PREFIX}{field_name}_FILE".upper()
        path = os.environ.get(variable)
        try:
            return (Path(path).read_text("utf-8").rstrip("\r\n") if path else None), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise SettingsError(f"{variable}: {path}: {reason}") from None  # the cause could show a secret

    def __call__(self) -> dict[str, Any]:
        """Return every setting that is given by a file."""
        values = (
            (name, self.get_field_value(field, name)[0]) for name, field in self.settings_cls.model_fields.items()
        )
        return {name: value for name, value in values if value is not None}
