"""The guide for a shop's own backend: its program asks, hears what was accepted, carries it out and says so."""

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks import Webhook

GUIDE = (Path(__file__).parents[3] / "docs" / "integrations" / "e-commerce.md").read_text("utf-8")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def told(offer):
    """The webhook that says what was accepted, and its headers."""
    event = {"type": "offer.accepted", "data": {"offer": {"id": offer["id"]}}}
    body, now = json.dumps(event), int(time.time())
    signature = Webhook(SECRET).sign("evt_1", datetime.fromtimestamp(now, UTC), body)
    return body.encode(), {"webhook-id": "evt_1", "webhook-timestamp": str(now), "webhook-signature": signature}


def test_what_was_accepted_is_carried_out_and_confirmed(client):
    (code,) = re.findall(r"<!-- begin client -->\n```python\n(.*?)```", GUIDE, re.DOTALL)
    names, done = {}, []
    exec(code, names)
    parcel = {"id": 7, "hours": 72, "order": "guide-7", "cents": 10490, "customer": "guide"}
    offer = names["late"](client, parcel)
    assert names["late"](client, parcel)["id"] == offer["id"]
    client.accept_offer(offer["id"], {"option": offer["default_option"]})
    body, headers = told(offer)

    def carry_out(name, _):
        done.append(name)
        return True

    def receive(body):
        return names["receive"](client, SECRET, headers, body, carry_out)

    assert (receive(body + b" "), done) == (401, [])
    assert [receive(body), receive(body)] == [204, 204]
    assert client.get_offer(offer["id"])["status"] == "fulfilled"
    assert done == [f"{offer['id']}/{number}" for number in range(1, len(done) + 1)]
    assert done
