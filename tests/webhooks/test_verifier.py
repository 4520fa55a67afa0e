"""Who sent a webhook: the vectors that vendors publish, and everything that must not pass."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from compensation_service.webhooks.inbound.presets import presets
from compensation_service.webhooks.inbound.verifier import NotGenuine, Received, verify

URL = "https://www.example.com/webhook_uri"
ZENDESK = "HRkRd4BeOAoUkfZr-mhauJT64rvBASlJRoIyPsd3zeA="
SLACK = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack"
    b".com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc"
    b"887a14d10d2c447fce8b6703c"
)


@dataclass(frozen=True)
class Vector:
    """What was sent, with which secret, when, and whether it is genuine."""

    preset: str
    secret: str
    headers: dict
    body: bytes
    at: datetime = datetime(2026, 3, 5, 12, tzinfo=UTC)
    genuine: bool = True
    delivery_id: str | None = None


HUBSPOT = b"{'example_field':'example_value'}"
HUBSPOT_SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
VECTORS = [
    Vector(
        "standard-webhooks",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        b'{"test": 2432232314}',
        datetime.fromtimestamp(1614265330, UTC),
        delivery_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
    ),
    Vector(
        "hubspot-v3",
        HUBSPOT_SECRET,
        {
            "x-hubspot-signature-v3": "HPW73RUtKmcYoEDADG0s6MmGFWUzWJKAW07r8RDgcQw=",
            "x-hubspot-request-timestamp": "15000000",
        },
        HUBSPOT,
        datetime.fromtimestamp(15000, UTC),
    ),
    Vector(
        "hubspot-v2",
        HUBSPOT_SECRET,
        {"x-hubspot-signature": "4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383"},
        HUBSPOT,
    ),
    Vector(
        "hubspot-v1",
        HUBSPOT_SECRET,
        {"x-hubspot-signature": "69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750"},
        HUBSPOT,
    ),
    Vector(
        "github",
        "It's a Secret to Everybody",
        {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
        b"Hello, World!",
    ),
    Vector(
        "slack",
        "8f742231b10e8888abcd99yyyzzz85a5",
        {
            "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
            "x-slack-request-timestamp": "1531420618",
        },
        SLACK,
        datetime.fromtimestamp(1531420618, UTC),
    ),
    Vector(
        "zendesk",
        ZENDESK,
        {
            "x-zendesk-webhook-signature": "Rry/4TtIdFyawtXXp8QdI6tlAUUQ/5kL1OTp5qo/ZIk=",
            "x-zendesk-webhook-signature-timestamp": "2021-07-25T10:00:00Z",
        },
        b'{"say": "hello"}',
        datetime(2021, 7, 25, 10, tzinfo=UTC),
    ),
    Vector(  # as it was once published: body before timestamp, which Zendesk does not do
        "zendesk",
        ZENDESK,
        {
            "x-zendesk-webhook-signature": "tRDSF7URY8BLCDlaBcQ7FHu051Zk+aAB0NKMP53teMw=",
            "x-zendesk-webhook-signature-timestamp": "2021-07-25T10:00:00Z",
        },
        b'{"say": "hello"}',
        datetime(2021, 7, 25, 10, tzinfo=UTC),
        genuine=False,
    ),
]


def passes(vector, secrets=None, at=None):
    received = Received("POST", URL, vector.headers, vector.body)
    try:
        return verify(presets()[vector.preset], received, secrets or [vector.secret], at or vector.at), True
    except NotGenuine:
        return None, False


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector.preset}-{vector.genuine}")
def test_published_vectors(vector):
    assert passes(vector) == (vector.delivery_id, vector.genuine)


NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
BODY = '{"id": "n_1", "text": "Пратката закъсня"}'.encode()
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


def signed(name, body=BODY, at=NOW, secret=SECRET):
    """A request as the vendor's own code would make it, written apart from the presets."""
    plain, seconds = secret.encode(), str(int(at.timestamp()))

    def mac(text, algorithm="sha256", key=plain):
        return hmac.new(key, text, algorithm)

    def b64(digest):
        return base64.b64encode(digest.digest()).decode()

    stripe = f"t={seconds},v1={mac(seconds.encode() + b'.' + body).hexdigest()}"
    iso, milliseconds = at.isoformat().replace("+00:00", "Z"), f"{seconds}000"
    requests = {
        "standard-webhooks": lambda: {
            "webhook-id": "msg_1",
            "webhook-timestamp": seconds,
            "webhook-signature": Webhook(secret).sign("msg_1", at, body.decode()),
        },
        "stripe": lambda: {"stripe-signature": stripe},
        "shopify": lambda: {"x-shopify-hmac-sha256": b64(mac(body)), "x-shopify-event-id": "e-1"},
        "zendesk": lambda: {
            "x-zendesk-webhook-signature": b64(mac(iso.encode() + body)),
            "x-zendesk-webhook-signature-timestamp": iso,
        },
        "hubspot-v3": lambda: {
            "x-hubspot-signature-v3": b64(mac(b"POST" + URL.encode() + body + milliseconds.encode())),
            "x-hubspot-request-timestamp": milliseconds,
        },
        "hubspot-v2": lambda: {
            "x-hubspot-signature": hashlib.sha256(plain + b"POST" + URL.encode() + body).hexdigest()
        },
        "hubspot-v1": lambda: {"x-hubspot-signature": hashlib.sha256(plain + body).hexdigest()},
        "intercom": lambda: {"x-hub-signature": f"sha1={mac(body, 'sha1').hexdigest()}"},
        "github": lambda: {"x-hub-signature-256": f"sha256={mac(body).hexdigest()}", "x-github-delivery": "d-1"},
        "slack": lambda: {
            "x-slack-signature": f"v0={mac(f'v0:{seconds}:'.encode() + body).hexdigest()}",
            "x-slack-request-timestamp": seconds,
        },
        "freshdesk": lambda: {"x-webhook-token": secret},
        "salesforce": lambda: {"authorization": "Basic " + base64.b64encode(b"compensation:" + plain).decode()},
    }
    return requests[name]()


NAMES = list(presets())
SIGNING = [name for name, preset in presets().items() if preset.headers]
TIMED = [name for name, preset in presets().items() if preset.timestamp]


def good(name):
    return Vector(name, SECRET, signed(name), BODY, NOW)


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_lets_its_vendor_in(name):
    assert passes(good(name))[1]


def test_other_signatures_beside_the_good_one_are_passed_over():
    for name, header, frame in (
        ("standard-webhooks", "webhook-signature", "v1a,AAAA v1,AAAA {} v2,x"),
        ("stripe", "stripe-signature", "v0=00,v1=00,{},v1=zz,x"),
    ):
        headers = good(name).headers
        headers = {**headers, header: frame.replace("{}", headers[header])}
        assert passes(replace(good(name), headers=headers))[1]


@pytest.mark.parametrize("name", NAMES)
def test_two_secrets_while_one_is_rotated(name):
    assert passes(good(name), ["whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcg==", SECRET])[1]
    assert not passes(good(name), ["whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcg=="])[1]


@pytest.mark.parametrize("name", SIGNING)
def test_one_byte_changed_anywhere_is_refused(name):
    for at in range(0, len(BODY), 3):
        changed = bytearray(BODY)
        changed[at] ^= 1
        assert not passes(replace(good(name), body=bytes(changed)))[1], at
    assert not passes(replace(good(name), body=BODY.replace(b": ", b":")))[1]
    assert not passes(replace(good(name), body=b""))[1]


@pytest.mark.parametrize("name", NAMES)
def test_a_spoilt_header_is_refused(name):
    for header, value in good(name).headers.items():
        for spoilt in (
            "",
            value[:-2],
            value[1:],
            "x" * 5000,
            "=" * 20,
            "v1,",
            "ÿ",
            "é",
            " ".join(["v1,AAAA"] * 99),
        ):
            headers = {**good(name).headers, header: spoilt}
            if header in presets()[name].id and "{id}" not in presets()[name].template:
                continue  # not signed by this vendor, and proves nothing
            assert not passes(replace(good(name), headers=headers))[1], (header, spoilt[:20])
    assert not passes(replace(good(name), headers={}))[1]


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize("off", [timedelta(seconds=301), -timedelta(seconds=301), timedelta(days=400)])
def test_old_and_early_requests_are_refused(name, off):
    assert not passes(good(name), at=NOW + off)[1]
    assert passes(good(name), at=NOW + timedelta(seconds=299 if off > timedelta() else -299))[1]


@pytest.mark.parametrize("name", TIMED)
def test_a_timestamp_in_other_digits_is_none(name):
    stamp = presets()[name].timestamp
    for header in stamp.headers:
        for written in ("١٦١٤٢٦٥٣٣٠", "1e9", "-1", "9" * 40, "", "2026-03-05T12:00:00"):
            headers = {**good(name).headers, header: written}
            assert not passes(replace(good(name), headers=headers))[1]


@pytest.mark.parametrize("name", SIGNING)
def test_bytes_that_are_no_text_are_verified_all_the_same(name):
    if name == "standard-webhooks":
        pytest.skip("the published library signs text only")
    body = b"\xff\xfe\x00{"
    assert passes(Vector(name, SECRET, signed(name, body), body, NOW))[1]


def test_an_id_with_a_dot_cannot_move_the_border_of_what_was_signed():
    seconds = str(int(NOW.timestamp()))
    signature = Webhook(SECRET).sign("msg_1", NOW, BODY.decode())
    headers = {"webhook-id": f"msg_1.{seconds}", "webhook-timestamp": seconds, "webhook-signature": signature}
    assert not passes(Vector("standard-webhooks", SECRET, headers, BODY, NOW))[1]


def test_hubspot_signs_an_address_half_decoded():
    url = "https://www.example.com/hook?a=%3A%2Fx%40y&b=%20%D1%8F"
    decoded = "https://www.example.com/hook?a=:/x@y&b=%20%D1%8F"
    stamp = f"{int(NOW.timestamp())}000"
    digest = hmac.new(SECRET.encode(), f"POST{decoded}".encode() + BODY + stamp.encode(), "sha256").digest()
    headers = {
        "x-hubspot-signature-v3": base64.b64encode(digest).decode(),
        "x-hubspot-request-timestamp": stamp,
    }
    assert verify(presets()["hubspot-v3"], Received("POST", url, headers, BODY), [SECRET], NOW) is None
