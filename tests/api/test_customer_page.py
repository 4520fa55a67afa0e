"""The customer's page: a link opens one offer, showing it changes nothing, a form does one thing once."""

import re
from itertools import count
from typing import ClassVar
from urllib.parse import urlsplit

import pytest

import webapp
from compensation_service.domain.api_key import Role, Scope
from compensation_service.portal.page import texts

NUMBERS = count(1)


class Visit:
    """One customer with a link to a fresh offer."""

    def __init__(self, web, language="en", **incident):
        self.web = web
        number = next(NUMBERS)
        body = web_case(f"page-{number}", f"page-customer-{number}", language)
        body["incident"].update(incident)
        self.offer = web.post("/offers", body, **{"Idempotency-Key": f"page-{number}"}).json()
        self.id = self.offer["id"]
        link = urlsplit(self.offer["links"]["customer"])
        self.path = link.path
        self.token = link.path.removeprefix("/o/")

    def open(self, **headers):
        return self.web.client.get(self.path, headers=headers)

    def fields(self):
        page = self.open().text
        form = re.search(r'name="form" value="([^"]+)"', page)
        version = re.search(r'name="version" value="([^"]+)"', page)
        return {"form": form[1], "version": version[1]} if form else {}

    def send(self, action, fields=None, **more):
        data = {**(self.fields() if fields is None else fields), **more}
        return self.web.client.post(f"{self.path}/{action}", data=data)

    def now(self):
        return self.web.get(f"/offers/{self.id}").json()


def web_case(reference, customer, language):
    from webapp import case  # noqa: PLC0415 - only here

    body = case(reference, customer)
    body["customer"]["locale"] = language
    return body


@pytest.fixture
def visit(web):
    return Visit(web)


def test_the_link_shows_the_offer_in_the_customer_s_language(web):
    for language, words, direction in (
        ("en", "What happened", "ltr"),
        ("ru", "Что произошло", "ltr"),
        ("bg", "Какво се случи", "ltr"),
        ("fa", "چه پیش آمد", "rtl"),
    ):
        visit = Visit(web, language)
        page = visit.open()
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert words in page.text
        assert f'<html lang="{language}" dir="{direction}">' in page.text
        assert page.text.count("<button") == len(visit.offer["options"]) + 2  # something else; no, thank you


def test_behind_a_path_of_a_proxy_everything_leads_back_there():
    with webapp.on_sqlite(public_base_url="https://shop.example/care") as web:
        visit = Visit(web)
        visit.path = visit.path.removeprefix("/care")  # the proxy takes it off
        page = visit.open().text
        chosen = web.client.post(
            f"{visit.path}/accept", data={**visit.fields(), "option": "opt_1"}, follow_redirects=False
        )
    places = re.findall(r'(?:href|action)="([^"]+)"', page)
    assert places
    assert [place for place in places if not place.startswith("/care/o/")] == []
    assert chosen.headers["location"] == f"/care{visit.path}"


def test_nothing_else_may_frame_keep_or_learn_of_the_page(visit):
    headers = visit.open().headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")


def test_another_language_on_request(visit):
    page = visit.web.client.get(f"{visit.path}?language=bg")
    assert "Какво се случи" in page.text
    assert visit.web.client.get(f"{visit.path}?language=de").status_code == 422


def test_opening_the_link_decides_nothing_however_often(visit):
    for method in ("GET", "HEAD", "OPTIONS", "GET"):
        for _ in range(25):
            visit.web.client.request(method, visit.path)
            visit.web.client.request(method, f"{visit.path}/accept")
    assert (visit.now()["status"], visit.now()["version"]) == ("open", 1)


def test_choosing_promises_and_a_second_click_does_nothing_more(visit):
    fields = visit.fields()
    first = visit.send("accept", fields, option="opt_2")
    assert (first.status_code, first.headers["location"]) == (303, visit.path)
    assert visit.send("accept", fields, option="opt_2").status_code == 303
    offer = visit.now()
    assert (offer["status"], offer["chosen_option"], offer["version"]) == ("accepted", "opt_2", 2)
    assert offer["moves"][0]["by"] == "customer"
    assert "Your choice has reached us" in visit.open().text
    assert "<button" not in visit.open().text


def test_another_choice_from_an_old_page_is_too_late_and_shows_what_stands(visit):
    fields = visit.fields()
    visit.send("accept", fields, option="opt_2")
    other = visit.send("accept", fields, option="opt_1")
    assert other.status_code == 409
    assert "Something has changed" in other.text
    assert visit.now()["chosen_option"] == "opt_2"


def test_countering_and_declining(web):
    wish, no = Visit(web), Visit(web)
    assert wish.send("counter", words="I would rather\r\nhave my money back \u202e").status_code == 303
    assert wish.now()["status"] == "countered"
    assert wish.now()["moves"][0]["words"] == "I would rather\nhave my money back"
    assert "A person will read it" in wish.open().text
    assert no.send("decline").status_code == 303
    assert no.now()["status"] == "declined"
    assert "You have declined" in no.open().text


def test_a_wish_without_words_is_asked_for_again(visit):
    answer = visit.send("counter", words="  ")
    assert answer.status_code == 409
    assert "in a few words" in answer.text
    assert visit.now()["status"] == "open"


@pytest.mark.parametrize(
    "fields", [{}, {"form": "x" * 64}, {"form": ""}, {"form": "é", "version": "1"}, {"version": "1"}]
)
def test_a_form_that_is_not_of_this_page_does_nothing(visit, fields):
    assert visit.send("accept", fields, option="opt_1").status_code == 409
    assert visit.now()["status"] == "open"


def test_a_form_of_another_page_does_nothing(web):
    mine, other = Visit(web), Visit(web)
    assert mine.send("accept", other.fields(), option="opt_1").status_code == 409
    assert mine.now()["status"] == "open"


@pytest.mark.parametrize("option", ["", "opt_9", "x" * 5000, "opt_1'--"])
def test_an_option_that_there_is_not_is_not_chosen(visit, option):
    assert visit.send("accept", option=option).status_code == 409
    assert visit.now()["status"] == "open"


def test_a_token_with_any_character_changed_opens_nothing(web, visit):
    web.app.state.page_failures._most = 10_000
    for at, sign in enumerate(visit.token):
        forged = visit.token[:at] + ("A" if sign != "A" else "B") + visit.token[at + 1 :]
        answer = web.client.get(f"/o/{forged}")
        assert answer.status_code == 404, at
        assert visit.offer["id"] not in answer.text
    for other in ("x", visit.token[:-1], visit.token + "A", visit.offer["id"], "%00", "é"):
        assert web.client.get(f"/o/{other}").status_code in {404, 422}


def test_who_tries_tokens_is_held_up(web):
    web.app.state.page_failures._most = 10
    web.app.state.page_failures._found.clear()
    answers = [web.client.get(f"/o/{'A' * 43}").status_code for _ in range(12)]
    assert answers == [404] * 10 + [429] * 2
    web.app.state.page_failures._found.clear()


def test_the_token_is_kept_nowhere(web, visit):
    for table, column in (("offers", "document"), ("offers", "link_sha256"), ("answers", "body")):
        stored = web.values(table, column)
        assert stored
        assert not any(
            visit.token in (value.decode() if isinstance(value, bytes) else value) for value in stored if value
        )


def test_every_answer_about_the_offer_has_the_same_link(web, visit):
    link = visit.offer["links"]["customer"]
    (listed,) = [item for item in web.get("/offers?limit=100").json()["data"] if item["id"] == visit.offer["id"]]
    accepted = web.post(f"/offers/{visit.offer['id']}/accept", {}).json()
    assert {link} == {visit.now()["links"]["customer"], listed["links"]["customer"], accepted["links"]["customer"]}


def test_a_reference_that_looks_like_the_place_of_a_link_does_not_become_one(web, visit):
    body = webapp.case(f"\\u0001{visit.id}-------")
    assert web.post("/offers/preview", body).json()["incident"]["reference"] == body["incident"]["reference"]
    assert web.post("/offers", body).json()["incident"]["reference"] == body["incident"]["reference"]


def test_what_happens_after_the_choice_is_shown(web):
    visit = Visit(web)
    visit.send("accept", option="opt_1")
    incident = visit.offer["incident"]["id"]
    account = {"words": "We called the carrier <b>and</b> found it."}
    assert web.post(f"/incidents/{incident}/account", account, **{"Idempotency-Key": "a-1"}).status_code in {200, 201}
    page = visit.open().text
    assert "on its way" in page
    assert "We called the carrier &lt;b&gt;and&lt;/b&gt; found it." in page
    for position in (1, 2):
        web.post(f"/offers/{visit.offer['id']}/remedies/{position}/fulfilled", {})
    assert "Everything we promised you has been done." in visit.open().text


def test_a_choice_after_the_time_is_too_late_and_says_so(web):
    visit = Visit(web, category="defective_item", grade="impaired", delay_hours=None)
    fields = visit.fields()
    web.change("UPDATE offers SET expires_at = '2020-01-01 00:00:00.000000', default_stands = 0 WHERE id = ?", visit.id)
    late = visit.send("accept", fields, option="opt_1")
    assert late.status_code == 409
    assert "The time to choose has run out" in late.text
    assert visit.now()["status"] == "expired"


class TestWhatIsOwedWhileGoodwillWaits:
    """A thing that is not safe: another one or the money is owed at once, and a person looks at the rest."""

    UNSAFE: ClassVar = {"category": "defective_item", "grade": "unsafe", "delay_hours": None}

    def visit(self, web, language="en", **incident):
        visit = Visit(web, language, **self.UNSAFE, remediable=["replacement"], **incident)
        assert (visit.offer["status"], visit.offer["owed_remedies"]) == ("pending_approval", 1)
        return visit

    def judge(self, visit, verdict):
        _, token = visit.web.app.state.services.keys.create("north", "judge", Role.MANAGER, frozenset(Scope))
        headers = {"Authorization": f"Bearer {token}"}
        assert visit.web.client.post(f"/offers/{visit.id}/{verdict}", json={}, headers=headers).status_code == 200

    def test_each_way_can_be_taken_and_nothing_of_the_goodwill_is_shown(self, web):
        visit = self.visit(web)
        goodwill = visit.offer["options"][0]["remedies"][-1]["value"]["display"]
        page = visit.open().text
        assert re.findall(r'name="option" value="([^"]+)"', page) == ["opt_1", "opt_2"]
        assert "Yours right away" in page
        assert "A colleague is still looking at the rest of your case; you will hear from us by" in page
        assert "€104.90" in page
        assert goodwill not in page
        assert page.count("<button") == 2, "neither a wish nor a no can be sent before there is an offer"
        assert visit.now()["version"] == 1

    def test_one_click_takes_it_and_a_person_still_looks_at_the_rest(self, web):
        visit = self.visit(web)
        fields = visit.fields()
        for _ in range(2):
            assert visit.send("accept", fields, option="opt_2").status_code == 303
        assert visit.send("accept", fields, option="opt_1").status_code == 409
        offer = visit.now()
        assert (offer["status"], offer["chosen_option"], offer["version"]) == ("part_accepted", "opt_2", 2)
        page = visit.open().text
        assert "€104.90" in page
        assert page.count("on its way") == 1
        assert "replace the item" not in page, "it was one or the other"
        assert "We will see to this by" in page
        assert "A colleague is still looking at the rest" in page
        assert "<button" not in page
        assert web.post(f"/offers/{visit.id}/remedies/1/fulfilled", {}).status_code == 200
        assert "on its way" not in visit.open().text

    @pytest.mark.parametrize(("verdict", "promised"), [("approve", 2), ("reject", 1)])
    def test_the_rest_is_shown_once_somebody_agreed(self, web, verdict, promised):
        visit = self.visit(web)
        visit.send("accept", option="opt_1")
        self.judge(visit, verdict)
        page = visit.open().text
        assert page.count("on its way") == promised
        assert "A colleague is still looking" not in page

    def test_it_can_be_taken_as_long_as_the_offer_lasts(self, web):
        visit = self.visit(web)
        fields = visit.fields()
        web.change("UPDATE offers SET expires_at = '2020-01-01 00:00:00.000000' WHERE id = ?", visit.id)
        late = visit.send("accept", fields, option="opt_1")
        assert late.status_code == 409
        assert "<button" not in late.text

    def test_where_nothing_is_owed_there_is_nothing_to_take(self, web):
        visit = Visit(web, **{**self.UNSAFE, "grade": "impaired"})
        web.change("UPDATE offers SET status = 'pending_approval', approval_role = 'agent' WHERE id = ?", visit.id)
        page = visit.open().text
        assert "A colleague is looking at your case." in page
        assert "<button" not in page
        assert "<article" not in page
        fields = {"form": web.app.state.services.links.form_token(visit.token), "version": "1"}
        assert visit.send("accept", fields, option="opt_1").status_code == 409

    @pytest.mark.parametrize("language", ["ru", "bg", "fa"])
    def test_in_every_language(self, web, language):
        visit = self.visit(web, language)
        page = visit.open().text
        assert texts(language)["owed_first"] in page
        assert page.count("<button") == 2


class TestWhetherItIsSolved:
    @pytest.fixture
    def asked(self, web):
        """A customer whose offer is accepted and whose follow-up is due."""
        visit = Visit(web)
        self.form = visit.fields()["form"]
        visit.send("accept", option="opt_1")
        assert "Is everything solved?" not in visit.open().text
        web.change("UPDATE follow_ups SET due_at = '2020-01-01 00:00:00.000000' WHERE offer_id = ?", visit.id)
        return visit

    def answer(self, visit, **fields):
        waiting = re.search(r'name="follow_up" value="([^"]+)"', visit.open().text)
        asked = {"form": self.form, "follow_up": waiting[1] if waiting else ""}
        return visit.web.client.post(f"{visit.path}/answer", data={**asked, **fields})

    def found(self, visit):
        (follow_up,) = visit.web.get(f"/follow-ups?incident={visit.offer['incident']['id']}").json()["data"]
        return follow_up

    def test_yes_and_the_page_thanks(self, asked):
        assert "Is everything solved?" in asked.open().text
        assert self.answer(asked, outcome="solved", rating="5", words="All well, thank you.").status_code == 303
        found = self.found(asked)
        assert (found["outcome"], found["rating"], found["words"], found["by"]) == (
            "solved",
            5,
            "All well, thank you.",
            "customer",
        )
        page = asked.open().text
        assert "Thank you for telling us that it is solved." in page
        assert 'name="follow_up"' not in page

    def test_no_opens_the_incident_again(self, asked):
        assert self.answer(asked, outcome="unsolved", rating="", words="").status_code == 303
        found = self.found(asked)
        assert (found["outcome"], found["rating"], found["words"]) == ("unsolved", None, None)
        incident = asked.web.get(f"/incidents/{asked.offer['incident']['id']}").json()
        assert (incident["status"], incident["events"][-2]["type"]) == ("open", "incident.reopened")

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"outcome": "unreachable"},
            {"outcome": "solved", "rating": "6"},
            {"outcome": "solved", "rating": "five"},
            {"outcome": "solved", "follow_up": "fup_1"},
            {"outcome": "solved", "form": "0" * 64},
        ],
    )
    def test_what_is_not_an_answer_is_not_taken(self, asked, fields):
        assert self.answer(asked, **fields).status_code == 409
        assert self.found(asked)["outcome"] is None

    def test_what_is_answered_is_answered(self, asked):
        waiting = self.found(asked)["id"]
        self.answer(asked, outcome="solved")
        assert self.answer(asked, outcome="unsolved", follow_up=waiting).status_code == 409
        assert self.found(asked)["outcome"] == "solved"


def test_the_link_of_a_customer_who_is_forgotten_opens_nothing(web):
    visit = Visit(web)
    fields = visit.fields()
    customer = visit.now()["incident"]["id"]
    reference = web.get(f"/incidents/{customer}").json()["customer"]["reference"]
    assert web.post(f"/customers/{reference}/erase", {}).status_code == 200
    assert visit.open().status_code == 404
    assert visit.send("accept", fields, option="opt_1").status_code == 404
