"""Another offer in the place of one that waits, over HTTP: by authority, or decided again."""

from itertools import count

import pytest

import lifecycle
import webapp
from compensation_service.api.answers import OfferOut
from compensation_service.decision.facts import RemedyKind
from compensation_service.domain.api_key import Role, Scope
from compensation_service.domain.offer import MOVES, OfferAction, OfferStatus
from lifecycle import bare, life, offer_in

REASON = "A customer of ten years."
_keys = count()


def key(web, role):
    _, token = web.app.state.services.keys.create("north", role, role, frozenset(Scope))
    return {"Authorization": f"Bearer {token}"}


def override(web, offer_id, headers, **body):
    sent = {"Idempotency-Key": f"override-{next(_keys)}", **headers}
    return web.client.post(f"/offers/{offer_id}/override", json={"reason": REASON, **body}, headers=sent)


def again(web, offer_id, body, **headers):
    return web.post(f"/offers/{offer_id}/supersede", body, **{"Idempotency-Key": f"again-{next(_keys)}", **headers})


def case(reference, **incident):
    body = webapp.case(reference, f"C-{reference}")
    body["incident"] |= incident
    return body


def seen(web, offer):
    return bare(web.get(f"/offers/{offer['id']}").json())


def fresh(web):
    """A new offer of a new customer."""
    number = next(_keys)
    return web.offer(f"fresh-{number}", f"C-fresh-{number}")


def undone(reference, remediable=("replacement",), **incident):
    """A thing that nobody can use: its price is owed back, or another one."""
    body = case(reference)
    told = {"reference": reference, "category": "defective_item", "grade": "unusable", "fault": "company"}
    body["incident"] = {**told, "remediable": list(remediable), **incident}
    return body


def given(offer):
    return [
        [(each["kind"], each["value"] and each["value"]["amount"]) for each in o["remedies"]] for o in offer["options"]
    ]


@pytest.mark.parametrize("status", OfferStatus)
def test_only_what_waits_can_give_way(web_on_each, status):
    """Both ways in every status: what was taken, or has ended, stays as it is."""
    web = web_on_each
    boss = key(web, Role.MANAGER)
    for way in ("override", "supersede"):
        offer_id = offer_in(web, status)
        before = web.get(f"/offers/{offer_id}").json()
        body = webapp.case(before["incident"]["reference"], customer(web, before))
        answer = override(web, offer_id, boss, goodwill=3000) if way == "override" else again(web, offer_id, body)
        after = web.get(f"/offers/{offer_id}").json()
        if OfferAction.SUPERSEDE in MOVES[status]:
            assert answer.status_code == 201, answer.text
            OfferOut.model_validate(answer.json())
            assert (after["status"], after["superseded_by"]) == ("superseded", answer.json()["id"])
            assert answer.json()["supersedes"] == offer_id
            assert web.get(f"/incidents/{before['incident']['id']}").json()["status"] == "offered"
        else:
            assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move"), answer.text
            assert bare(after) == bare(before)


def customer(web, offer):
    return web.get(f"/incidents/{offer['incident']['id']}").json()["customer"]["reference"]


@pytest.mark.parametrize("role", Role)
def test_every_role_against_every_limit(web, role):
    """V is 100.00 euro: an agent gives one of it, a lead two, a manager more, a program nothing."""
    most = {Role.SERVICE: -1, Role.AGENT: 10_000, Role.LEAD: 20_000}.get(role, 10**9)
    headers = key(web, role)
    for goodwill in (0, 10_000, 10_001, 20_000, 20_001, 30_000):
        offer = web.offer(f"role-{role}-{goodwill}", f"C-{role}-{goodwill}")
        answer = override(web, offer["id"], headers, goodwill=goodwill)
        if goodwill <= most:
            assert answer.status_code == 201, answer.text
            assert answer.json()["goodwill"]["amount"]["amount"] == goodwill
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "authority_needed")
            assert web.get(f"/offers/{offer['id']}").json()["status"] == "open"


def test_what_the_policy_said_stays_to_be_seen(web_on_each):
    web = web_on_each
    offer = web.offer("said", "C-said")
    answer = override(web, offer["id"], key(web, Role.AGENT), goodwill=4_000)
    new = answer.json()
    assert answer.headers["etag"] == '"1"'
    assert seen(web, new) == bare(new)
    assert new["goodwill"]["amount"]["amount"] == 4_000
    assert {option["worth"]["amount"] for option in new["options"]} == {4_000}
    assert (new["approval"], new["severity"], new["goodwill"]["exact"]) == (
        None,
        offer["severity"],
        offer["goodwill"]["exact"],
    )
    override_ = new["override"]
    assert (override_["reason"], override_["by"]) == (
        REASON,
        web.get(f"/offers/{offer['id']}").json()["moves"][0]["by"],
    )
    for part, said in override_["policy"].items():
        assert said == offer[part], part
    assert web.post(f"/offers/{new['id']}/recompute", {}).json()["same"], "it is what the policy said that is compared"
    assert life(web, new["id"]) == ["offer.created", "offer.superseded", "offer.overridden"]
    assert bare(web.post("/offers", webapp.case("said", "C-said")).json()) == bare(new)
    accepted = web.post(f"/offers/{new['id']}/accept", {}).json()
    assert (accepted["status"], accepted["override"]) == ("accepted", override_)


def test_remedies_are_given_as_they_are_named(web):
    """Their cash worth counts: 11.50 of credit is worth 10.00."""
    offer = web.offer("named", "C-named")
    remedies = [{"kind": "store_credit", "amount": 1150}, {"kind": "gift", "amount": 2500}, {"kind": "apology"}]
    new = override(web, offer["id"], key(web, Role.AGENT), remedies=remedies).json()
    assert given(new) == [[("store_credit", 1150), ("gift", 2500), ("apology", None)]]
    (option,) = new["options"]
    assert (option["worth"]["amount"], new["goodwill"]["amount"]["amount"]) == (3500, 3500)
    assert option["cost"]["amount"] == 805 + 1500
    assert option["remedies"][0]["valid_until"]
    assert new["default_option"] == option["id"]
    above = [{"kind": "store_credit", "amount": 11_501}]
    assert override(web, new["id"], key(web, Role.AGENT), remedies=above).status_code == 403
    assert override(
        web, new["id"], key(web, Role.AGENT), remedies=[{"kind": "store_credit", "amount": 11_500}]
    ).is_success


def test_what_is_owed_stays_in_every_option(web):
    """No override gives less than the entitlement, whatever it names."""
    offer = web.post("/offers", undone("owed")).json()
    lead = key(web, Role.LEAD)
    owed = [[("replacement", 10_490)], [("full_refund", 10_490)]]
    none = override(web, offer["id"], lead, goodwill=0).json()
    assert [option[:1] for option in given(none)] == owed
    assert none["entitlements"] == offer["entitlements"]
    gift = override(web, none["id"], lead, remedies=[{"kind": "gift", "amount": 500}]).json()
    assert given(gift) == [[*way, ("gift", 500)] for way in owed]
    assert [option["worth"]["amount"] for option in gift["options"]] == [10_990, 10_990]
    assert gift["default_option"] == "opt_1"
    twice = override(web, gift["id"], lead, remedies=[{"kind": "full_refund", "amount": 10_490}])
    assert twice.json()["errors"][0]["code"] == "owed_anyway"


@pytest.mark.parametrize(
    ("remedies", "pointer", "code"),
    [
        ([{"kind": "gift"}], "/remedies/0/amount", "amount_needed"),
        ([{"kind": "apology"}, {"kind": "replacement"}], "/remedies/1/amount", "amount_needed"),
        ([{"kind": "gift", "amount": 0}], "/remedies/0/amount", "amount_needed"),
        ([{"kind": "apology", "amount": 100}], "/remedies/0/amount", "amount_impossible"),
        ([{"kind": "gift", "amount": 100}, {"kind": "gift", "amount": 100}], "/remedies/1/kind", "repeated_kind"),
        ([{"kind": "partial_refund", "amount": 10_491}], "/remedies", "refund_above_paid"),
    ],
)
def test_what_cannot_be_given_is_refused_at_its_place(web, remedies, pointer, code):
    offer = fresh(web)
    answer = override(web, offer["id"], key(web, Role.ADMIN), remedies=remedies)
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [(pointer, code)]
    assert seen(web, offer) == bare(offer)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"goodwill": 100, "remedies": [{"kind": "apology"}]},
        {"remedies": []},
        {"remedies": [{"kind": "apology"}] * 11},
        {"goodwill": -1},
        {"goodwill": "100"},
        {"remedies": [{"kind": "money"}]},
        {"goodwill": 100, "approval_role": "agent"},
        {"goodwill": 100, "reason": ""},
    ],
)
def test_a_body_of_another_shape_is_refused(web, body):
    offer = fresh(web)
    assert override(web, offer["id"], key(web, Role.ADMIN), **body).status_code == 422


def test_a_person_gives_more_where_the_policy_only_helps(web):
    """The customer's own doing: the policy offers help and nothing to accept, until somebody decides otherwise."""
    offer = web.post("/offers", case("kind", fault="customer")).json()
    assert offer["status"] == "informational"
    new = override(web, offer["id"], key(web, Role.AGENT), goodwill=1000).json()
    assert (new["status"], new["goodwill"]["amount"]["amount"]) == ("open", 1000)
    assert web.get(f"/incidents/{offer['incident']['id']}").json()["status"] == "offered"
    assert web.post(f"/offers/{new['id']}/accept", {}).json()["status"] == "accepted"


def test_what_was_said_before_it_was_opened_again_is_not_replaced(web):
    """A later offer stands for the incident: another one in the place of the older would be a second one beside it."""
    body = case("twice", fault="customer")
    older = web.post("/offers", body).json()
    incident = f"/incidents/{older['incident']['id']}"
    assert web.post(f"{incident}/reopen", {"reason": "It was the courier."}).status_code in {200, 201}
    newer = web.post(f"{incident}/decision", {"incident": {"fault": "partner"}}).json()
    assert newer["status"] == "open"
    for answer in (override(web, older["id"], key(web, Role.MANAGER), goodwill=1000), again(web, older["id"], body)):
        assert (answer.status_code, answer.json()["status_now"]) == (409, "informational")
        assert answer.json()["allowed"] == []
    assert web.get(incident).json()["status"] == "offered"
    assert override(web, newer["id"], key(web, Role.MANAGER), goodwill=1000).status_code == 201


def test_goodwill_finds_a_form_where_the_case_itself_has_none(web):
    """A trivial case is answered with an apology: what a person gives all the same comes in the forms of the next."""
    offer = web.post("/offers", case("trivial", delay_hours=6)).json()
    assert given(offer) == [[("apology", None)]]
    new = override(web, offer["id"], key(web, Role.AGENT), goodwill=500).json()
    assert all(any(amount for _, amount in option) for option in given(new))
    assert new["severity"] == offer["severity"]


def test_an_override_that_gives_nothing_to_accept_is_information(web):
    offer = web.offer("only-sorry", "C-only-sorry")
    new = override(web, offer["id"], key(web, Role.AGENT), remedies=[{"kind": "personal_call"}]).json()
    assert (new["status"], new["goodwill"]["amount"]["amount"]) == ("informational", 0)
    assert web.get(f"/incidents/{offer['incident']['id']}").json()["status"] == "resolved"
    assert life(web, offer["id"])[-1] == "follow_up.planned"


def test_what_waits_for_approval_is_not_overridden_by_who_asked_for_it(web):
    """That would be agreeing to one's own request."""
    boss, other = key(web, Role.MANAGER), key(web, Role.MANAGER)
    offer = web.offer("own", "C-own", boss)
    lifecycle.change(web.url, offer["id"], status="pending_approval", approval_role="agent")
    answer = override(web, offer["id"], boss, goodwill=1000)
    assert (answer.status_code, answer.json()["code"]) == (409, "approver_is_requester")
    assert override(web, offer["id"], other, goodwill=1000).status_code == 201


def test_an_order_is_no_way_around_the_limits(web_on_each):
    """T-SPLIT: an agent gives one V for an order, not one for each of its incidents."""
    web = web_on_each
    agent = key(web, Role.AGENT)
    offers = []
    for number in range(3):
        body = case(f"split-{number}")
        body["order"]["reference"] = "one-order"
        offers.append(web.post("/offers", body).json()["id"])
    answers = [override(web, offer_id, agent, goodwill=6000) for offer_id in offers]
    assert [answer.status_code for answer in answers] == [201, 403, 403]
    assert override(web, offers[1], key(web, Role.LEAD), goodwill=6000).status_code == 201


def test_a_customer_is_no_way_around_the_limits(web):
    """More than two V in 12 months is a manager's to give, in however many pieces and for however many orders."""
    agent, lead = key(web, Role.AGENT), key(web, Role.LEAD)
    offers = []
    for number in range(4):
        body = case(f"pieces-{number}")
        body["customer"]["reference"] = "C-pieces"
        offers.append(web.post("/offers", body).json()["id"])
    answers = [override(web, offer_id, agent, goodwill=8000).status_code for offer_id in offers]
    assert answers[0] == 201
    assert answers[-2:] == [403, 403]
    assert override(web, offers[-1], lead, goodwill=8000).status_code == 403
    assert override(web, offers[-1], key(web, Role.MANAGER), goodwill=8000).status_code == 201


def test_deciding_again_takes_other_facts_and_counts_nothing_twice(web_on_each):
    """A delay of five days instead of three; the offer that gives way is neither a repeat nor goodwill given."""
    web = web_on_each
    first = web.post("/offers", case("facts")).json()
    body = case("facts", delay_hours=120)
    new = again(web, first["id"], body).json()
    preview = web.post("/offers/preview", {**body, "decided_at": new["decided_at"]}).json()
    for part in ("severity", "goodwill", "guards", "options"):
        assert new[part] == preview[part], part
    assert (new["status"], new["supersedes"]) == ("open", first["id"])
    incident = web.get(f"/incidents/{first['incident']['id']}").json()
    assert (incident["band"], incident["severity"]) == ("high", new["severity"]["score"])
    assert life(web, new["id"]) == ["offer.created", "offer.superseded", "offer.created"]
    assert web.post(f"/offers/{new['id']}/recompute", {}).json()["same"]


@pytest.mark.parametrize(
    ("part", "pointer", "code"),
    [
        ("incident", "/incident/reference", "another_incident"),
        ("customer", "/customer/reference", "another_customer"),
        ("order", "/order/reference", "another_order"),
    ],
)
def test_deciding_again_is_about_the_same(web, part, pointer, code):
    first = web.post("/offers", case(f"same-{part}")).json()
    body = case(f"same-{part}")
    body[part]["reference"] = "another"
    answer = again(web, first["id"], body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"], answer.json()["errors"][0]["code"]) == (
        422,
        pointer,
        code,
    )
    assert seen(web, first) == bare(first)


def test_facts_that_cannot_be_decided_on_leave_the_offer_as_it_is(web):
    first = web.post("/offers", case("unusable")).json()
    answer = again(web, first["id"], case("unusable", category="nonsense"))
    assert (answer.status_code, answer.json()["code"]) == (422, "unusable_facts")
    assert seen(web, first) == bare(first)
    assert life(web, first["id"]) == ["offer.created"]


@pytest.mark.parametrize("way", ["override", "supersede"])
def test_a_key_makes_one_replacement(web_on_each, way):
    """The offer has given way to another one, so only the key tells a repetition from a second wish."""
    web = web_on_each
    first = web.post("/offers", case(f"once-{way}")).json()
    boss = key(web, Role.MANAGER)
    body = {"reason": REASON, "goodwill": 2000} if way == "override" else case(f"once-{way}", delay_hours=96)
    path = f"/offers/{first['id']}/{way}"
    missing = web.client.post(path, json=body, headers=boss)
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_missing")
    stale = web.client.post(path, json=body, headers={**boss, "Idempotency-Key": "k", "If-Match": '"7"'})
    assert stale.status_code == 412
    answers = [web.client.post(path, json=body, headers={**boss, "Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotent-replayed"] == "true"
    other = web.client.post(path, json=body, headers={**boss, "Idempotency-Key": "l"})
    assert (other.status_code, other.json()["status_now"]) == (409, "superseded")
    same = web.client.post(path, json=body, headers={**boss, "Idempotency-Key": "l"})
    assert (same.status_code, same.content) == (409, other.content)


def test_every_kind_can_be_given(web):
    """Each alone, with an amount where it carries money; an option text is there for all of them."""
    boss = key(web, Role.MANAGER)
    free = {RemedyKind.APOLOGY, RemedyKind.PERSONAL_CALL, RemedyKind.PRIORITY_SUPPORT}
    for kind in RemedyKind:
        offer = web.offer(f"kind-{kind}", f"C-{kind}")
        remedy = {"kind": kind} if kind in free else {"kind": kind, "amount": 1000}
        new = override(web, offer["id"], boss, remedies=[remedy])
        assert new.status_code == 201, new.text
        assert new.json()["options"][0]["text"]
