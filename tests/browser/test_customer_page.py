"""A customer with a phone and a real browser: one click chooses, and nothing they do by accident chooses twice."""

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import TimeoutError as Slow
from playwright.sync_api import expect

from webapp import case

NUMBERS = count(1)
LANGUAGES = ("en", "ru", "bg", "fa")
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1100, "height": 844}
SHOTS = os.environ.get("COMPENSATION_TEST_SCREENSHOTS")
"""A folder for pictures of every page in every language, to be looked at."""


class Customer:
    """Somebody with a fresh offer and the link to it."""

    def __init__(self, shop, language="en", **incident):
        self.web, address = shop
        number = next(NUMBERS)
        body = case(f"browser-{number}", f"browser-customer-{number}")
        body["customer"]["locale"] = language
        body["incident"].update(incident)
        self.offer = self.web.post("/offers", body).json()
        self.link = address + urlsplit(self.offer["links"]["customer"]).path

    def now(self):
        return self.web.get(f"/offers/{self.offer['id']}").json()

    def moves(self):
        return [move["action"] for move in self.now()["moves"]]


def defect(language):
    return {"language": language, "category": "defective_item", "grade": "impaired", "delay_hours": None}


def test_one_click_chooses(page, shop):
    customer = Customer(shop)
    page.goto(customer.link)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your case")
    page.get_by_role("button", name="I choose this").nth(1).click()
    expect(page.get_by_role("status")).to_contain_text("Your choice has reached us")
    assert customer.now()["chosen_option"] == "opt_2"


def test_a_double_click_and_a_second_window_choose_once(page, shop):
    customer = Customer(shop)
    page.goto(customer.link)
    other = page.context.new_page()
    other.goto(customer.link)
    page.get_by_role("button", name="I choose this").first.dblclick(no_wait_after=True)
    expect(page.get_by_role("status")).to_contain_text("Your choice has reached us")
    other.get_by_role("button", name="I choose this").nth(1).click()
    expect(other.get_by_role("alert")).to_contain_text("Something has changed")
    other.close()
    assert customer.moves() == ["accept"]
    assert customer.now()["chosen_option"] == "opt_1"


def test_going_back_and_clicking_again_chooses_nothing_more(page, shop):
    customer = Customer(shop)
    page.goto(customer.link)
    page.get_by_role("button", name="I choose this").first.click()
    expect(page.get_by_role("status")).to_be_visible()
    page.go_back()
    again = page.get_by_role("button", name="I choose this")
    if again.count():
        again.first.click()
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("Your choice has reached us")
    assert customer.moves() == ["accept"]


def test_asking_for_something_else(page, shop):
    customer = Customer(shop)
    page.goto(customer.link)
    page.get_by_text("Something else would help me more").click()
    page.get_by_label("What would make it right for you?").fill("Please call me <script>alert(1)</script>")
    page.get_by_role("button", name="Send my wish").click()
    expect(page.get_by_role("status")).to_contain_text("A person will read it")
    assert customer.now()["moves"][0]["words"] == "Please call me <script>alert(1)</script>"


def test_declining(page, shop):
    customer = Customer(shop)
    page.goto(customer.link)
    page.get_by_text("No, thank you").click()
    page.get_by_role("button", name="Decline the offer").click()
    expect(page.get_by_role("status")).to_contain_text("You have declined our offer")
    assert customer.moves() == ["decline"]


def test_a_slow_network_and_an_impatient_customer(page, shop):
    customer = Customer(shop)
    page.goto(customer.link)
    page.route("**/accept", lambda route: (page.wait_for_timeout(700), route.continue_()))
    button = page.get_by_role("button", name="I choose this").first
    button.click(no_wait_after=True)
    with suppress(Slow):  # the browser is on its way already
        button.click(no_wait_after=True, timeout=500)
    expect(page.get_by_role("status")).to_contain_text("Your choice has reached us")
    assert customer.moves() == ["accept"]


def test_a_link_that_is_not_one(page, shop):
    customer = Customer(shop)
    page.goto(customer.link[:-1] + ("A" if customer.link[-1] != "A" else "B"))
    expect(page.get_by_role("heading", level=1)).to_have_text("This page does not exist")


def test_an_offer_whose_time_has_run_out(page, shop):
    web, _ = shop
    customer = Customer(shop, category="defective_item", grade="impaired", delay_hours=None)
    long_ago = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
    web.change("UPDATE offers SET expires_at = ?, default_stands = 0 WHERE id = ?", long_ago, customer.offer["id"])
    page.goto(customer.link)
    expect(page.get_by_role("status")).to_contain_text("This offer ended on")
    expect(page.get_by_role("button")).to_have_count(0)


def test_what_is_owed_is_taken_while_a_person_looks_at_the_rest(page, shop):
    customer = Customer(
        shop, category="defective_item", grade="unsafe", delay_hours=None, remediable=["replacement"], fault="company"
    )
    page.goto(customer.link)
    expect(page.get_by_role("status")).to_contain_text("you can accept it now")
    expect(page.get_by_role("button")).to_have_count(2)
    page.get_by_role("article").filter(has_text="104.90").get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("A colleague is still looking at the rest")
    expect(page.get_by_role("listitem").filter(has_text="104.90")).to_contain_text("on its way")
    expect(page.get_by_role("button")).to_have_count(0)
    assert (customer.now()["status"], customer.now()["chosen_option"]) == ("part_accepted", "opt_2")


def test_whether_it_is_solved(page, shop):
    web, _ = shop
    customer = Customer(shop)
    web.post(f"/offers/{customer.offer['id']}/accept", {})
    long_ago = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
    web.change("UPDATE follow_ups SET due_at = ? WHERE offer_id = ?", long_ago, customer.offer["id"])
    page.goto(customer.link)
    expect(page.get_by_role("heading", name="Is everything solved?")).to_be_visible()
    page.get_by_label("How did we deal with it?").select_option("4")
    page.get_by_label("Anything you would like to add").fill("The kettle sings again.")
    page.get_by_role("button", name="Yes, it is solved").click()
    expect(page.get_by_text("Thank you for telling us that it is solved.")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    (found,) = web.get(f"/follow-ups?incident={customer.offer['incident']['id']}").json()["data"]
    assert (found["outcome"], found["rating"], found["words"]) == ("solved", 4, "The kettle sings again.")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("phone", [True], ids=["plain"], indirect=True)
def test_everybody_can_use_it_in_every_language(page, shop, language):
    """Accessible by axe's rules, no wider than a phone, read from the right side; open, chosen and missing."""
    customer = Customer(shop, **defect(language))
    for step in ("open", "chosen", "missing"):
        if step == "chosen":
            page.locator("article button").first.click()
            page.get_by_role("status").wait_for()
        else:
            page.goto(customer.link if step == "open" else customer.link[:-2] + "__")
        rtl = page.evaluate("getComputedStyle(document.body).direction") == "rtl"
        assert rtl == (language == "fa") or step == "missing"
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            results = Axe().run(page)
            assert not [found for found in results.response["violations"] if found["impact"] != "minor"], step
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), step
            if SHOTS:
                page.screenshot(path=Path(SHOTS) / f"{language}-{step}-{size['width']}.png", full_page=True)
