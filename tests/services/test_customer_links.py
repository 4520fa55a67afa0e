"""Links are put into what goes out, and into nothing that only looks like the place of one."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from compensation_service.services.customer_links import FILLING, MARK, TOKEN, CustomerLinks

LINKS = CustomerLinks("s" * 32, "https://offers.example")
OFFER = "off_01k000000000000000000000ab"
PLACE = f"{MARK}{OFFER}{FILLING}"
PARTS = ["\\", "\\u0001", "u0001", OFFER, OFFER[:-1], FILLING, PLACE, f"\\u0001{OFFER}{FILLING}", '"', "\n", "x", "д"]


def test_the_place_of_a_link_becomes_its_token_and_the_length_stays():
    written = orjson.dumps({"page": LINKS.address(OFFER), "again": [PLACE, PLACE + PLACE]})
    revealed = LINKS.reveal(written)
    token = LINKS.token(OFFER)
    assert TOKEN.fullmatch(token)
    assert len(revealed) == len(written)
    assert orjson.loads(revealed) == {"page": f"https://offers.example/o/{token}", "again": [token, token + token]}


def test_a_text_that_looks_like_the_place_of_a_link_stays_a_text():
    """Otherwise whoever knows the id of an offer would be told its token by sending this as a reference."""
    for backslashes in range(1, 6):
        text = "\\" * backslashes + PLACE.replace(MARK, "u0001")
        written = orjson.dumps([text, PLACE])
        assert orjson.loads(LINKS.reveal(written)) == [text, LINKS.token(OFFER)]


@given(st.lists(st.lists(st.sampled_from(PARTS), max_size=8).map("".join), max_size=4))
def test_json_is_revealed_as_its_texts_are(texts):
    written = orjson.dumps(texts)
    assert orjson.loads(LINKS.reveal(written)) == [LINKS.reveal_text(text) for text in texts]
