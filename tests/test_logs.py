"""What the log says of a failure: where it was, and nothing that a customer wrote or a secret."""

import subprocess
import sys

FAIL = """
import structlog
from compensation_service import logs
from compensation_service.settings import LogFormat, LogLevel

def failing(written, key):
    raise RuntimeError("out of order")

for form in LogFormat:
    logs.configure(LogLevel.INFO, form)
    try:
        failing("the birthday was over", "cmp_" + "a" * 12 + "_" + "0" * 64)
    except RuntimeError:
        structlog.get_logger(form).exception("failed", key="cmp_" + "a" * 12 + "_" + "1" * 64)
"""


def test_a_trace_names_places_and_no_values():
    done = subprocess.run([sys.executable, "-c", FAIL], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.count("out of order") >= 2
    assert done.stdout.count("in failing") == 2
    assert "birthday" not in done.stdout
    assert "0" * 64 not in done.stdout
    assert "1" * 64 not in done.stdout
    assert "cmp_" + "a" * 12 in done.stdout
