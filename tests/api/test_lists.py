"""Pages, filters and cursors, over HTTP."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation_service.api.answers import OfferPage
from compensation_service.api.cursors import Cursors
from compensation_service.api.incident_answers import IncidentPage
from compensation_service.domain.errors import BadCursor
from webapp import BASE

pytestmark = pytest.mark.usefixtures("offers")


@pytest.fixture(scope="module")
def offers(web):
    return [web.offer(f"list-{n}", customer=f"C-{n % 3}") for n in range(7)]


def turn(web, path):
    """All items of a list, by its links."""
    items = []
    while path:
        answer = web.get(path)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["data"]
        link = answer.headers.get("link")
        assert page["has_more"] == bool(link) == bool(page["next_cursor"])
        path = link and link.removeprefix(f"<{BASE}").removesuffix('>; rel="next"')
    return items


def test_pages_show_every_offer_once_and_the_newest_first(web, offers):
    shown = [item["id"] for item in turn(web, "/offers?limit=2")]
    assert shown == sorted((offer["id"] for offer in offers), reverse=True)


def test_links_keep_the_filters(web):
    found = turn(web, "/offers?customer=C-1&limit=1&decided_from=2020-01-01T00:00:00%2B03:00&status=open")
    assert [item["incident"]["reference"] for item in found] == ["list-4", "list-1"]


def test_incidents_are_listed_too(web, offers):
    found = turn(web, "/incidents?limit=3&verified=true")
    assert [item["reference"] for item in found] == [f"list-{n}" for n in reversed(range(7))]
    assert turn(web, "/incidents?reference=list-3")[0]["id"] == offers[3]["incident"]["id"]
    assert turn(web, "/incidents?verified=false") == []


def test_answers_have_the_shapes_they_say(web):
    OfferPage.model_validate(web.get("/offers").json())
    IncidentPage.model_validate(web.get("/incidents").json())


def test_new_offers_do_not_push_old_ones_to_a_later_page(web):
    first = web.get("/offers?limit=3").json()
    web.offer("list-late", customer="C-late")
    second = web.get(f"/offers?limit=3&cursor={first['next_cursor']}").json()
    assert [item["id"] for item in first["data"] + second["data"]] == [
        item["id"] for item in turn(web, "/offers?limit=100")[1:7]
    ]


def test_a_cursor_belongs_to_its_list_its_filters_and_its_merchant(web):
    cursor = web.get("/offers?limit=1&customer=C-0").json()["next_cursor"]
    assert web.get(f"/offers?limit=2&customer=C-0&cursor={cursor}").status_code == 200
    foreign = web.key("south")
    for answer in (
        web.get(f"/offers?limit=1&cursor={cursor}"),
        web.get(f"/offers?limit=1&customer=C-1&cursor={cursor}"),
        web.get(f"/incidents?limit=1&customer=C-0&cursor={cursor}"),
        web.client.get(f"/offers?limit=1&customer=C-0&cursor={cursor}", headers=foreign),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


def test_a_cursor_with_any_character_changed_is_refused(web):
    cursor = web.get("/offers?limit=1").json()["next_cursor"]
    for place in range(len(cursor)):
        # The last character of a base64 text may carry spare bits: two of them can stand for the same signature.
        forged = cursor[:place] + ("A" if cursor[place] not in "ABCD" else "z") + cursor[place + 1 :]
        assert web.get(f"/offers?cursor={forged}").json().get("code") == "bad_cursor", place
    for forged in (cursor[:-1], cursor + "A", "x", ".", "a.b", "0" * 512, "off_1"):
        assert web.get(f"/offers?cursor={forged}").status_code == 400, forged
    assert web.get(f"/offers?cursor={'0' * 513}").status_code == 422


def test_no_host_but_the_public_one_stands_in_a_link(web):
    names = ("Host", "X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL", "Forwarded")
    headers = dict.fromkeys(names, "evil.example")
    answer = web.get("/offers?limit=1", headers=headers)
    assert urlsplit(answer.headers["link"].partition(">")[0][1:]).netloc == "offers.example"
    assert "evil" not in f"{answer.headers}{answer.text}"


@given(st.text(max_size=600))
def test_no_text_is_a_cursor(text):
    with pytest.raises(BadCursor):
        Cursors("secret").read(text, "north", "/offers", {})


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_what_was_made_is_read(after):
    cursors = Cursors("secret")
    filters = {"status": "open"}
    assert cursors.read(cursors.make(after, "north", "/offers", filters), "north", "/offers", filters) == after
    with pytest.raises(BadCursor):
        Cursors("other").read(cursors.make(after, "north", "/offers", filters), "north", "/offers", filters)
