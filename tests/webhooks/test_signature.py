"""Signatures, held against the published library of Standard Webhooks."""

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from compensation_service.clock import random_token, system_clock
from compensation_service.webhooks.signature import PREFIX, headers, new_secret

BODY = '{"text": "Извинете, €13.50 — متأسفیم"}'.encode()


def test_the_reference_vector():
    at = datetime.fromtimestamp(1614265330, UTC)
    made = headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        at,
        b'{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert made["webhook-timestamp"] == "1614265330"


def test_a_secret_has_256_bits_and_is_one_for_the_published_library():
    secret = new_secret(random_token)
    assert secret.startswith(PREFIX)
    assert len(base64.b64decode(secret.removeprefix(PREFIX))) == 32
    made = headers("evt_1", system_clock(), BODY, [secret])
    Webhook(secret).verify(BODY, made)


def test_during_a_rotation_both_secrets_verify():
    new, old, other = (new_secret(random_token) for _ in range(3))
    made = headers("evt_1", system_clock(), BODY, [new, old])
    for secret in (new, old):
        Webhook(secret).verify(BODY, made)
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(BODY, made)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_what_is_signed_cannot_be_changed(name):
    secret = new_secret(random_token)
    made = headers("evt_1", system_clock(), BODY, [secret])
    changed = {**made, name: made[name][:-1] + ("7" if made[name][-1] != "7" else "8")}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, changed)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + b" ", made)
