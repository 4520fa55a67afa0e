"""What the process says about itself: one line an event, JSON for machines or columns for people, on standard output.

The secret of an API key or a webhook endpoint never gets into a line, wherever it came from.
"""

import logging
import re
import sys

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from compensation_service.settings import LogFormat, LogLevel

_SECRET = re.compile(r"(cmp_[a-z2-7]{12}_)[0-9a-f]{64}|(whsec_)[A-Za-z0-9+/=]{32,}")
_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(level: LogLevel, form: LogFormat) -> None:
    """Set up structlog, and the standard library's logging that uvicorn and the drivers use, for this process."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(form),
                _without_secrets,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would write down addresses, which may hold secrets


def _renderers(form: LogFormat) -> list[Processor]:
    if form is LogFormat.CONSOLE:
        # Its usual trace shows every local: what a customer wrote among them, and a quarter of a second late.
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), exception_formatter=plain)]
    json = structlog.processors.JSONRenderer(lambda event, **_: orjson.dumps(event, default=repr).decode())
    return [structlog.processors.format_exc_info, json]


def _without_secrets(_: WrappedLogger, __: str, line: EventDict | str) -> str:
    """The last step: the line is text by now."""
    return _SECRET.sub(r"\1\2…", str(line))
