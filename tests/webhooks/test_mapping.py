"""What other systems' payloads become, by the presets' own mappings and by a shop's."""

from contextlib import suppress

import pytest

from compensation_service.policies.load import default_policy
from compensation_service.webhooks.inbound.mapping import (
    MappingError,
    Unmapped,
    body_of,
    items_of,
    read_mapping,
    told_of,
)
from compensation_service.webhooks.inbound.presets import mapping_of, presets

EXPONENTS = {"EUR": 2, "JPY": 0, "KWD": 3}

PAYLOADS = {
    "standard-webhooks": (
        {
            "id": "e1",
            "type": "ticket.reported",
            "incident": {"reference": "T-1", "category": "late_delivery", "delay_hours": 72, "summary": "Late."},
            "order": {"reference": "A-1", "currency": "EUR", "total": 1490},
            "customer": {"reference": "C-1"},
        },
        ("e1", "ticket.reported"),
        {
            "incident": {"reference": "T-1", "category": "late_delivery", "delay_hours": 72, "summary": "Late."},
            "order": {"reference": "A-1", "currency": "EUR", "total": 1490},
            "customer": {"reference": "C-1"},
        },
    ),
    "shopify": (
        {
            "id": 820982911946154508,
            "name": "#9999",
            "currency": "EUR",
            "total_price": "404.95",
            "tags": "VIP, Damaged",
            "cancelled_at": "2026-03-05T11:00:00-05:00",
            "customer": {"id": 115310627314723954, "email": "jon@example.com"},
            "customer_locale": "en",
            "note": "Box   crushed\n\n on arrival",
            "shipping_address": {"country_code": "BG"},
        },
        (None, None),
        {
            "incident": {
                "reference": "shopify-820982911946154508",
                "category": "defective_item",
                "occurred_at": "2026-03-05T11:00:00-05:00",
                "summary": "Box crushed\non arrival",
            },
            "order": {"reference": "#9999", "currency": "EUR", "total": 40495, "country": "BG"},
            "customer": {"reference": "115310627314723954", "email": "jon@example.com", "locale": "en"},
        },
    ),
    "zendesk": (
        {
            "id": "01GZ",
            "type": "zen:event-type:ticket.created",
            "time": "2026-03-05T10:00:00Z",
            "detail": {"id": "35436", "subject": "Where is it?", "tags": ["gold", "late"], "requester_id": "20978392"},
        },
        ("01GZ", "zen:event-type:ticket.created"),
        {
            "incident": {
                "reference": "zendesk-35436",
                "category": "late_delivery",
                "reported_at": "2026-03-05T10:00:00Z",
                "summary": "Where is it?",
            },
            "customer": {"reference": "20978392"},
        },
    ),
    "hubspot-v3": (
        [
            {
                "eventId": 1,
                "subscriptionId": 12,
                "portalId": 62515,
                "occurredAt": 1564113600000,
                "subscriptionType": "ticket.propertyChange",
                "objectId": 123,
                "propertyName": "hs_pipeline_stage",
                "propertyValue": "wrong_item",
            }
        ],
        ("62515-12-1-123", "ticket.propertyChange"),
        {
            "incident": {
                "reference": "hubspot-123",
                "category": "wrong_item",
                "reported_at": "2019-07-26T04:00:00+00:00",
            },
            "customer": {"reference": "123"},
        },
    ),
    "intercom": (
        {
            "id": "notif_1",
            "topic": "conversation.user.created",
            "data": {
                "item": {
                    "id": "147",
                    "created_at": 1564113600,
                    "source": {
                        "body": "<p>The cup is <b>broken</b> &amp; sharp</p><script>alert(1)</script><p>Help!</p>"
                    },
                    "tags": {"tags": [{"name": "Broken"}]},
                    "user": {"external_id": "C-9", "name": "Jo", "email": "jo@example.com"},
                }
            },
        },
        ("notif_1", "conversation.user.created"),
        {
            "incident": {
                "reference": "intercom-147",
                "category": "defective_item",
                "reported_at": "2019-07-26T04:00:00+00:00",
                "summary": "The cup is broken & sharp\nHelp!",
            },
            "customer": {"reference": "C-9", "name": "Jo", "email": "jo@example.com"},
        },
    ),
    "freshdesk": (
        {
            "freshdesk_webhook": {
                "ticket_id": 11,
                "triggered_event": "{ticket_type:updated}",
                "ticket_type": "Lost",
                "ticket_description": "<div>It never came.</div>",
                "ticket_cf_order": "A-7",
                "ticket_cf_currency": "JPY",
                "ticket_cf_total": "1500",
                "requester_name": "Jo",
                "requester_email": "jo@example.com",
            }
        },
        (None, None),
        {
            "incident": {"reference": "freshdesk-11", "category": "not_received", "summary": "It never came."},
            "order": {"reference": "A-7", "currency": "JPY", "total": 1500},
            "customer": {"reference": "jo@example.com", "name": "Jo", "email": "jo@example.com"},
        },
    ),
    "salesforce": (
        {
            "Notifications": [
                {
                    "Id": "04l1",
                    "sObject": {
                        "CaseNumber": "00001026",
                        "Type": "Late",
                        "Subject": "Late",
                        "AccountId": "001x",
                        "CurrencyIsoCode": "KWD",
                        "OrderTotal__c": "12.500",
                    },
                }
            ]
        },
        ("04l1", None),
        {
            "incident": {"reference": "salesforce-00001026", "category": "late_delivery", "summary": "Late"},
            "order": {"currency": "KWD", "total": 12500},
            "customer": {"reference": "001x"},
        },
    ),
}


@pytest.mark.parametrize("preset", PAYLOADS)
def test_a_payload_as_its_vendor_sends_it(preset):
    payload, told, body = PAYLOADS[preset]
    mapping = mapping_of(preset)
    (item,) = items_of(mapping, payload)
    assert told_of(mapping, item) == told
    assert body_of(mapping, item, EXPONENTS) == body


def test_every_preset_has_a_mapping_onto_categories_that_exist():
    for preset in presets():
        mapping = mapping_of(preset)
        words = getattr(mapping.incident["category"], "words", None) or {}
        assert set(words.values()) <= set(default_policy().categories)


@pytest.mark.parametrize("payload", [{}, [], "text", None, 7, {"id": {}}, {"detail": []}, {"data": {"item": 7}}])
@pytest.mark.parametrize("preset", PAYLOADS)
def test_any_other_payload_is_mapped_or_refused(preset, payload):
    """What it lacks is left out, and named after nothing."""
    mapping = mapping_of(preset)
    with suppress(Unmapped):
        for item in items_of(mapping, payload):
            told, body = told_of(mapping, item), body_of(mapping, item, EXPONENTS)
            assert body.keys() <= {"incident", "order", "customer"}
            assert "null" not in repr((told, body))


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"incident": {"category": "a["}}, "/incident/category"),
        ({"incident": {"category": {"at": "a", "colour": "red"}}}, "/incident/category/colour"),
        ({"incident": {"category": {"at": "a", "form": "hex"}}}, "/incident/category/form"),
        ({"incident": {"category": 7}}, "/incident/category"),
        ({"incident": {"reference": "tostring(id)"}}, "/incident/reference"),
        ({"incident": {"reference": "parts[?as_text(id) == 'x'] | [0:2:1].{it: number}"}}, "/incident/reference"),
        ({"incident": {}, "items": "(" * 600}, "/items"),
        ({"incident": {}, "topics": 7}, "/topics"),
        ({"incident": {}, "surprise": 7}, "/surprise"),
        ({}, "/incident"),
        ("text", "/"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_where(document, place):
    with pytest.raises(MappingError) as refused:
        read_mapping(document)
    assert refused.value.place == place


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"at": "a", "form": "minor"}, "1.234"),
        ({"at": "a", "form": "minor"}, "1e400000"),
        ({"at": "a", "form": "minor"}, "NaN"),
        ({"at": "a", "form": "minor"}, True),
        ({"at": "a", "form": "minor"}, "9" * 40),
        ({"at": "a", "form": "seconds"}, 10**15),
        ({"at": "a"}, {"b": 1}),
        ({"at": "join('', a)"}, 7),
    ],
)
def test_a_value_that_cannot_be_what_is_asked_for_is_refused(field, value):
    mapping = read_mapping({"incident": {"x": field}})
    with pytest.raises(Unmapped, match="/incident/x"):
        body_of(mapping, {"a": value}, EXPONENTS)


def test_a_shop_s_own_words_and_what_stands_otherwise():
    mapping = read_mapping(
        {"incident": {"category": {"at": "kind", "words": {"Закъсняла": "late_delivery"}, "otherwise": "other"}}}
    )
    assert body_of(mapping, {"kind": "закъсняла"}, {}) == {"incident": {"category": "late_delivery"}}
    assert body_of(mapping, {"kind": "?"}, {}) == {"incident": {"category": "other"}}


def test_long_texts_are_cut_where_a_summary_ends():
    mapping = read_mapping({"incident": {"summary": {"at": "a", "form": "html"}}})
    summary = body_of(mapping, {"a": "<p>" + "x" * 9000}, {})["incident"]["summary"]
    assert len(summary) == 2000
    assert summary.endswith("…")
