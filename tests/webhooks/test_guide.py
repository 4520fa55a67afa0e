"""The guide for receivers: its snippet verifies what is sent."""

import re
from pathlib import Path

from compensation_service.clock import random_token, system_clock
from compensation_service.webhooks.schedule import AFTER_S
from compensation_service.webhooks.signature import headers, new_secret

GUIDE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")


def test_the_snippet_verifies_what_is_sent():
    (code,) = re.findall(r"<!-- begin verify -->\n```python\n(.*?)```", GUIDE, re.DOTALL)
    names = {}
    exec(code, names)
    secret, body = new_secret(random_token), b'{"type":"offer.created"}'
    sent = headers("evt_1", system_clock(), body, [secret])
    assert names["receive"](secret, sent, body) == {"type": "offer.created"}
    assert names["receive"](secret, sent, body + b" ") is None
    assert names["receive"](new_secret(random_token), sent, body) is None


def test_the_schedule_is_the_one_that_is_kept():
    said = "5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours"
    assert said in " ".join(GUIDE.split())
    assert (0, 5, 300, 1800, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24))) == AFTER_S
