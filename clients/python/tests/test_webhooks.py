"""Webhooks are taken when they are genuine, as the reference implementation has it, and otherwise not."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from compensation_client.webhooks import NotGenuine, verify

SECRET, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
NOW = 1_767_225_600
BODY = b'{"type":"offer.created"}'


def signed(body=BODY, secret=SECRET, at=NOW, id_="msg_1"):
    moment = datetime.fromtimestamp(at, UTC)
    signature = Webhook(secret).sign(id_, moment, body.decode())
    return {"Webhook-Id": id_, "webhook-timestamp": str(at), "webhook-signature": signature}


@given(st.dictionaries(st.text(), st.text(), max_size=3), st.timedeltas(timedelta(), timedelta(seconds=300)))
def test_what_the_reference_signs_is_genuine(event, age):
    body = json.dumps(event, ensure_ascii=False).encode(errors="replace")
    assert verify(body, signed(body), [OTHER, SECRET], now=NOW + age.total_seconds()) == json.loads(body)


@pytest.mark.parametrize(
    ("body", "headers", "secrets", "now"),
    [
        (BODY + b" ", signed(), [SECRET], NOW),
        (BODY, signed(), [OTHER], NOW),
        (BODY, signed(), [], NOW),
        (BODY, signed(), [SECRET], NOW + 301),
        (BODY, signed(), [SECRET], NOW - 301),
        (BODY, signed() | {"webhook-timestamp": "١٢٣"}, [SECRET], NOW),
        (BODY, signed() | {"Webhook-Id": "msg_2"}, [SECRET], NOW),
        (BODY, signed() | {"webhook-signature": "v1,é"}, [SECRET], NOW),
        (BODY, signed() | {"webhook-signature": signed()["webhook-signature"].replace("v1,", "v1a,")}, [SECRET], NOW),
        (BODY, signed() | {"webhook-signature": "v1,AA== " * 10 + signed()["webhook-signature"]}, [SECRET], NOW),
        (BODY, {}, [SECRET], NOW),
    ],
)
def test_what_is_not_genuine_is_refused(body, headers, secrets, now):
    with pytest.raises(NotGenuine):
        verify(body, headers, secrets, now=now)
