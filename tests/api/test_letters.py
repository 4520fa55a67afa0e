"""Letters over HTTP: written when an offer is read, finished by people, and signed as the merchant says."""

from datetime import timedelta

import pytest

import webapp
from compensation_service.clock import system_clock
from compensation_service.letters.languages import LANGUAGES
from webapp import case

HEAD = {"shop": "Northern Kettles", "contact": "Anna Petrova", "address": "help@north.example"}


@pytest.fixture(scope="module")
def web():
    with webapp.on_sqlite() as web:
        web.client.put("/letterhead", json=HEAD, headers={**web.headers, "If-Match": "*"}).raise_for_status()
        yield web


def made(web, reference, who=None, **changes):
    body = case(reference, who or f"C-{reference}")
    body["customer"] |= {"name": "Мария", "email": "maria@example.com", **changes.pop("customer", {})}
    body["incident"] |= changes
    answer = web.post("/offers", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def read(web, offer):
    return web.get(f"/offers/{offer['id']}").json()


def letters(web, offer):
    return web.get(f"/incidents/{offer['incident']['id']}/letters").json()["data"]


def write(web, offer, key="k", **body):
    return web.post(f"/incidents/{offer['incident']['id']}/letters", body, **{"Idempotency-Key": key})


def test_the_letter_of_an_offer_is_written_when_it_is_read_and_stays(web):
    offer = made(web, "read")
    assert offer["letter"] is None
    assert letters(web, offer) == []
    letter = read(web, offer)["letter"]
    assert letter["locale"] == "bg"
    assert "Мария" in letter["text"]
    assert "Northern Kettles" in letter["html"]
    assert offer["options"][0]["remedies"][1]["value"]["display"] in letter["text"]
    assert read(web, offer)["letter"] == letter
    (kept,) = letters(web, offer)
    assert kept["status"] == "ready"
    assert kept["kind"] == "apology"
    assert kept["offer"] == offer["id"]
    assert kept["recipient"] == "maria@example.com"
    assert kept["text"] == letter["text"]
    events = web.get(f"/incidents/{offer['incident']['id']}").json()["events"]
    assert [event["type"] for event in events] == ["offer.created", "letter.written"]


def test_the_letter_is_in_the_customers_language_whoever_asks(web):
    body = case("agent", "C-agent")
    answer = web.post("/offers?letter=true", body, **{"Accept-Language": "en"}).json()
    assert answer["options"][0]["text"].startswith("With our apologies")
    assert answer["letter"]["locale"] == "bg"


def test_the_answer_has_the_letter_where_it_is_asked_for(web):
    body = case("asked", "C-asked")
    first = web.post("/offers?letter=true", body)
    assert first.status_code == 201
    again = web.post("/offers?letter=true", body)
    assert again.status_code == 200
    assert again.json()["letter"] == first.json()["letter"] is not None
    assert web.post("/offers?letter=maybe", body).status_code == 422
    assert web.post("/offers?lettre=true", body).status_code == 400


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_preview_has_a_letter_if_asked(web, language):
    body = case(None)
    body["incident"].pop("reference")
    body["customer"] |= {"locale": language, "name": "Maria"}
    assert web.post("/offers/preview", body).json()["letter"] is None
    assert web.post("/offers/preview?letter=false", body).json()["letter"] is None
    letter = web.post("/offers/preview?letter=true", body).json()["letter"]
    assert letter["locale"] == language
    assert "Maria" in letter["text"]
    assert f'lang="{language}"' in letter["html"]


def test_a_second_apology_within_ninety_days_is_a_draft_that_a_person_finishes(web):
    first, second = made(web, "first", "C-again"), made(web, "second", "C-again", category="other", grade="major")
    assert read(web, first)["letter"] is not None
    assert read(web, second)["letter"] is None
    (draft,) = letters(web, second)
    assert draft["status"] == "draft"
    opening = draft["text"].split("\n\n")[1]
    assert any(word in opening for word in ("отново", "Не за първи път", "втори път"))
    refused = write(web, second, "a", kind="apology", text="Съжаляваме, но нищо не можем да направим. " * 5)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "letter_refused"
    own = draft["text"].replace("Мария", "мила Мария")
    finished = write(web, second, "b", kind="apology", text=own, subject="Лично от мен")
    assert finished.status_code == 201, finished.text
    assert finished.json()["status"] == "ready"
    assert finished.json()["subject"] == "Лично от мен"
    assert finished.json()["id"] == draft["id"]
    assert read(web, second)["letter"]["text"] == own
    assert write(web, second, "c", kind="apology", text=own).status_code == 409


def test_the_same_customer_does_not_read_the_same_text(web):
    texts = set()
    for number in range(5):
        offer = made(web, f"text-{number}", "C-text")
        by = (today() + timedelta(days=2)).isoformat()
        texts.add(write(web, offer, kind="acknowledgement", by=by).json()["text"].split("\n\n")[1])
    assert len(texts) >= 4


def today():
    return system_clock().date()


def test_letters_through_the_life_of_an_incident(web):
    offer = made(web, "life")
    assert write(web, offer, "r", kind="acceptance_receipt").status_code == 409
    assert write(web, offer, "d", kind="approval_delay").status_code == 409
    assert write(web, offer, "i", kind="information").status_code == 422
    assert write(web, offer, "a", kind="apology").status_code == 201
    assert write(web, offer, "a2", kind="apology").status_code == 200
    web.post(f"/offers/{offer['id']}/accept", {}).raise_for_status()
    receipt = write(web, offer, "r2", kind="acceptance_receipt")
    assert receipt.status_code == 201, receipt.text
    chosen = next(option for option in offer["options"] if option["id"] == offer["default_option"])
    assert chosen["remedies"][1]["value"]["display"] in receipt.json()["text"]
    assert write(web, offer, "r2", kind="acceptance_receipt").headers["idempotent-replayed"] == "true"
    assert write(web, offer, "f", kind="follow_up").status_code == 201
    assert write(web, offer, "w", kind="what_we_changed").status_code == 422
    fix = {"reference": "CA-12", "text": "пратките вече се претеглят два пъти."}
    changed = write(web, offer, "w2", kind="what_we_changed", fix=fix)
    assert changed.status_code == 201, changed.text
    assert fix["text"] in changed.json()["text"]
    assert write(web, offer, "l", kind="follow_up", locale="fa").json()["locale"] == "fa"
    kinds = [letter["kind"] for letter in letters(web, offer)]
    assert kinds == ["apology", "acceptance_receipt", "follow_up", "what_we_changed", "follow_up"]


def test_while_a_person_decides_the_customer_is_told_so_and_no_more(web):
    offer = made(web, "unsafe", category="defective_item", grade="unsafe")
    assert offer["status"] == "pending_approval"
    assert read(web, offer)["letter"] is None
    assert letters(web, offer) == []
    told = write(web, offer, kind="approval_delay", by=(today() + timedelta(days=1)).isoformat())
    assert told.status_code == 201, told.text
    assert offer["options"][0]["worth"]["display"] not in told.json()["text"]


def test_an_incident_without_an_offer_can_be_acknowledged(web):
    body = {
        "incident": {"reference": "no-offer", "category": "other"},
        "customer": {"reference": "C-9", "locale": "fa"},
    }
    incident = web.post("/incidents", body).json()
    place = f"/incidents/{incident['id']}/letters"
    without = web.post(place, {"kind": "acknowledgement"}, **{"Idempotency-Key": "x"})
    assert without.status_code == 422
    assert without.json()["errors"][0]["pointer"] == "/by"
    by = (today() + timedelta(days=2)).isoformat()
    told = web.post(place, {"kind": "acknowledgement", "by": by}, **{"Idempotency-Key": "y"})
    assert told.status_code == 201, told.text
    assert told.json()["locale"] == "fa"
    assert web.post(place, {"kind": "acknowledgement"}).status_code == 400
    assert web.post("/incidents/inc_none/letters", {"kind": "follow_up"}, **{"Idempotency-Key": "z"}).status_code == 404


def test_an_offer_that_was_decided_anew_gets_no_letter_any_more(web):
    old = made(web, "anew", fault="customer")
    assert old["status"] == "informational"
    incident = f"/incidents/{old['incident']['id']}"
    web.post(f"{incident}/reopen", {"reason": "It was our fault."}).raise_for_status()
    new = web.post(f"{incident}/decision", {"incident": {"fault": "company"}}).json()
    assert read(web, old)["letter"] is None
    assert letters(web, old) == []
    assert read(web, new)["letter"] is not None
    assert read(web, old)["letter"] is None


def test_a_letterhead_is_kept_by_version_and_its_texts_are_checked():
    with webapp.on_sqlite() as other:
        assert other.get("/letterhead").json() == {
            "version": 0, "shop": "north", "contact": None, "address": None, "texts": {},
        }  # fmt: skip
        assert other.client.put("/letterhead", json=HEAD, headers=other.headers).status_code == 428
        put = {**other.headers, "If-Match": '"0"'}
        first = other.client.put("/letterhead", json=HEAD, headers=put)
        assert first.status_code == 200
        assert first.headers["etag"] == '"1"'
        assert other.client.put("/letterhead", json=HEAD, headers=put).status_code == 412
        texts = {"bg": {"closing": ["Поздрави от {{shop.name}}"], "thanks": ["Благодарим, {{customer.name|safe}}"]}}
        refused = other.client.put("/letterhead", json={**HEAD, "texts": texts}, headers={**put, "If-Match": "*"})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/texts/bg/thanks/0"
        texts["bg"].pop("thanks")
        other.client.put(
            "/letterhead", json={**HEAD, "texts": texts}, headers={**put, "If-Match": "*"}
        ).raise_for_status()
        offer = other.post("/offers?letter=true", case("own", "C-own")).json()
        assert "Поздрави от Northern Kettles" in offer["letter"]["text"]


def test_names_come_out_as_they_are(web):
    offer = made(web, "inject", customer={"name": "{{7*7}} <script>alert(1)</script>\nBcc: x"})
    letter = read(web, offer)["letter"]
    assert "{{7*7}} <script>alert(1)</script> Bcc: x" in letter["text"]
    assert "<script>" not in letter["html"]
    assert "\n" not in letter["subject"]


def test_the_token_of_the_customers_link_is_never_stored(web):
    first, second = made(web, "link-1", "C-link"), made(web, "link-2", "C-link")
    token = second["links"]["customer"].rpartition("/")[2]
    assert read(web, first)["links"]["customer"] in read(web, first)["letter"]["html"]
    assert read(web, second)["letter"] is None
    (draft,) = letters(web, second)
    assert token in draft["text"]
    write(web, second, "own", kind="apology", text=draft["text"].replace("Мария", "мила Мария"))
    (done,) = letters(web, second)
    assert done["status"] == "ready"
    assert token in done["text"]
    with web.app.state.services.store.reading("north") as unit:
        kept = unit.letters.get(done["id"])
    assert token not in kept.text + kept.html


def test_what_was_erased_is_written_to_nobody(web):
    told, untold = made(web, "gone-1", "C-gone"), made(web, "gone-2", "C-gone-too")
    assert "Мария" in read(web, told)["letter"]["text"]
    with web.app.state.services.store.writing("north") as unit:
        for offer in (told, untold):
            unit.erasure.erase([offer["incident"]["id"]], [offer["id"]], "nobody", system_clock())
    for offer in (told, untold):
        assert read(web, offer)["letter"] is None
        assert write(web, offer, kind="follow_up").status_code == 409
    (left,) = letters(web, told)
    assert left["text"] is left["html"] is left["recipient"] is None
