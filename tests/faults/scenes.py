"""Every way in which the service writes: what goes before it, and the request that is to have one effect."""

import hmac
import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import text
from starlette.testclient import TestClient

import lifecycle
import webapp
from compensation_service.domain.api_key import Role, Scope
from compensation_service.policies.load import default_text
from compensation_service.services.bundle import Services

MONTHS = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2190-01-01T00:00:00Z"}
GENEROUS = default_text().replace("share_max: 0.30", "share_max: 0.35", 1)
SETTLE = "settle"
"""In place of a method: what the worker does to the offers of a merchant, `body`, whose time is over."""
HANDLE = "handle"
"""In place of a method: what the worker does with what a source of a merchant told of, `path` and `body`."""
SECRET = "a-secret-of-the-sender"


@dataclass(frozen=True, slots=True)
class Call:
    """One request; a body that is text is sent as it stands, as it was signed.

    `again` are the further statuses that it may be answered with once its effect is there.
    """

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    form: bool = False
    again: tuple[int, ...] = ()


class Shop:
    """A merchant of its own, with two people's keys, a budget, and an endpoint that hears of everything."""

    def __init__(self, client: TestClient, services: Services, merchant: str) -> None:
        self.client = client
        self.merchant = merchant
        self._services = services
        self._numbers = count()
        self.asker, self.judge = (self._key(role) for role in (Role.ADMIN, Role.MANAGER))
        self.budget = self.send("POST", "/budgets", {"name": "All", "currency": "EUR", "limit": 100_000, **MONTHS})
        self.endpoint = self.send("POST", "/webhook-endpoints", {"url": "http://localhost:9/"})

    def _key(self, role: Role) -> dict[str, str]:
        _, token = self._services.keys.create(self.merchant, role, role, frozenset(Scope))
        return {"Authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, body: Any = None, *, again: tuple[int, ...] = (), **headers: str) -> Call:
        """A request with a key of its own."""
        sent = {**self.asker, "Idempotency-Key": f"{path}-{next(self._numbers)}"[-200:], **headers}
        return Call(method, path, body, sent, again=again)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Do what goes before, and answer it."""
        wanted = self.call(method, path, body, **headers)
        answer = self.client.request(method, path, json=body, headers=wanted.headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def change(self, statement: str, past: datetime, **values: Any) -> None:
        """Write what only time would write, into all rows of this merchant."""
        with self._services.store._engines.writer.begin() as connection:
            shown: Any = past
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT set_config('app.merchant_id', :name, true)"), {"name": self.merchant})
            else:
                shown = past.replace(tzinfo=None).isoformat(" ", "microseconds")
            where = " WHERE merchant_id = :merchant"
            connection.execute(text(statement + where), {"past": shown, "merchant": self.merchant, **values})

    def offer(self, **incident: Any) -> Any:
        """An offer for 72 hours of delay, or for something else that went wrong."""
        body = webapp.case("ref", "C-1")
        body["incident"] = {**body["incident"], **incident} if "category" not in incident else incident
        body["incident"]["reference"] = f"ref-{next(self._numbers)}"
        return self.send("POST", "/offers", body)

    def waiting(self) -> Any:
        """An offer that waits for approval."""
        offer = self.offer(category="defective_item", grade="unsafe", fault="company")
        assert offer["status"] == "pending_approval"
        return offer

    def accepted(self) -> Any:
        offer = self.offer()
        return self.send("POST", f"/offers/{offer['id']}/accept", {})

    def incident(self) -> str:
        told = {"incident": {"reference": "told", "category": "late_delivery"}, "customer": {"reference": "C-1"}}
        return str(self.send("POST", "/incidents", told)["id"])


Scene = Callable[[Shop], Call]
MATCH = {"If-Match": '"1"'}
TWICE = (412,)
"""How a change that needs the version that was read is answered once it was made."""


def move(action: str, body: Any = None, **headers: str) -> Scene:
    return lambda shop: shop.call("POST", f"/offers/{shop.offer()['id']}/{action}", body or {}, **headers)


def judged(action: str) -> Scene:
    return lambda shop: shop.call("POST", f"/offers/{shop.waiting()['id']}/{action}", {}, **shop.judge)


def kept(shop: Shop) -> Call:
    offer = shop.offer()["id"]
    shop.send("POST", f"/offers/{offer}/counter", lifecycle.WORDS)
    return shop.call("POST", f"/offers/{offer}/keep", {})


def confirmed(what: str, *, last: bool = False) -> Scene:
    def scene(shop: Shop) -> Call:
        offer = shop.accepted()
        chosen = next(option for option in offer["options"] if option["id"] == offer["chosen_option"])
        positions = len(chosen["remedies"]) if last else 1
        for position in range(1, positions):
            shop.send("POST", f"/offers/{offer['id']}/remedies/{position}/fulfilled", {})
        return shop.call("POST", f"/offers/{offer['id']}/remedies/{positions}/{what}", {})

    return scene


def superseded(shop: Shop) -> Call:
    offer = shop.offer()
    body = webapp.case("ref", "C-1")
    body["incident"] |= {"reference": offer["incident"]["reference"], "delay_hours": 120}
    return shop.call("POST", f"/offers/{offer['id']}/supersede", body)


def signalled(shop: Shop) -> Call:
    body = webapp.case("new", "C-1")
    body |= {"signal": {"id": "scan", "kind": "late_scan", "value": 72}}
    del body["incident"]
    return shop.call("POST", "/signals", body, again=(200,))  # it is answered by its own id


def decided(shop: Shop) -> Call:
    rest = {"incident": {"delay_hours": 72, "fault": "company"}, "order": {"currency": "EUR", "total": 10490}}
    return shop.call("POST", f"/incidents/{shop.incident()}/decision", rest)


def paper(what: str, body: Any) -> Scene:
    return lambda shop: shop.call("POST", f"/incidents/{shop.incident()}/{what}", body)


def completed(outcome: str) -> Scene:
    def scene(shop: Shop) -> Call:
        incident = shop.accepted()["incident"]["id"]
        found = shop.client.get(f"/follow-ups?incident={incident}", headers=shop.asker).json()["data"][0]
        return shop.call("POST", f"/follow-ups/{found['id']}/complete", {"outcome": outcome})

    return scene


def reopened(shop: Shop) -> Call:
    return shop.call("POST", f"/incidents/{shop.accepted()['incident']['id']}/reopen", {"reason": "It broke again."})


def draft(shop: Shop) -> tuple[str, str]:
    made = shop.send("POST", "/policies", {"text": GENEROUS})
    path = f"/policies/{made['version']}"
    return path, shop.client.get(path, headers=shop.asker).headers["ETag"]


def replaced(shop: Shop) -> Call:
    path, tag = draft(shop)
    body = {"text": GENEROUS.replace("name: default", "name: mine")}
    return shop.call("PUT", path, body, again=TWICE, **{"If-Match": tag})


def activated(shop: Shop) -> Call:
    path, tag = draft(shop)
    return shop.call("POST", f"{path}/activate", {}, **shop.judge, **{"If-Match": tag})


def key_done(action: str) -> Scene:
    def scene(shop: Shop) -> Call:
        made = shop.send("POST", "/api-keys", {"name": "till", "scopes": ["offers:read"]})
        return shop.call("POST", f"/api-keys/{made['id']}/{action}", {})

    return scene


def endpoint(method: str, rest: str = "", body: Any = None, again: tuple[int, ...] = (), **headers: str) -> Scene:
    return lambda shop: shop.call(
        method, f"/webhook-endpoints/{shop.endpoint['id']}{rest}", body, again=again, **headers
    )


def enabled(shop: Shop) -> Call:
    path = f"/webhook-endpoints/{shop.endpoint['id']}"
    shop.send("PATCH", path, {"enabled": False}, **MATCH)
    return shop.call("POST", f"{path}/enable", {})


def page(action: str, **fields: str) -> Scene:
    """A form of the customer's page, sent as the browser does; `answer` is about what is due a while later."""

    def scene(shop: Shop) -> Call:
        offer = shop.accepted() if action == "answer" else shop.offer()
        if action == "answer":
            shop.change("UPDATE follow_ups SET due_at = :past", past=lifecycle.PAST)
        path = urlsplit(offer["links"]["customer"]).path
        shown = shop.client.get(path).text
        hidden = dict(re.findall(r'name="(form|version|follow_up)" value="([^"]+)"', shown))
        assert hidden, shown
        return Call("POST", f"{path}/{action}", {**hidden, **fields}, form=True, again=(409,))

    return scene


def late(*, stands: bool) -> Scene:
    """An offer whose time is over, and whose default stands by itself or does not."""

    def scene(shop: Shop) -> Call:
        offer = shop.offer()["id"]
        shop.change(
            "UPDATE offers SET expires_at = :past, default_stands = :stands", past=lifecycle.PAST, stands=stands
        )
        return Call(SETTLE, offer, shop.merchant)

    return scene


def letter_read(shop: Shop) -> Call:
    return Call("GET", f"/offers/{shop.offer()['id']}", headers=shop.asker)


def letter_written(shop: Shop) -> Call:
    return shop.call("POST", f"/incidents/{shop.offer()['incident']['id']}/letters", {"kind": "follow_up"})


def erased(shop: Shop) -> Call:
    shop.accepted()
    return shop.call("POST", "/customers/C-1/erase", {}, again=(200,))  # the second time it finds nothing


def offered(**incident: Any) -> Scene:
    def scene(shop: Shop) -> Call:
        body = deepcopy(webapp.case("new", "C-1"))
        body["incident"] |= incident
        return shop.call("POST", "/offers", body)

    return scene


def source(shop: Shop) -> str:
    """The path of a source of webhooks that become offers."""
    body = {"name": "Help desk", "preset": "github", "secret": SECRET, "decide": True}
    return f"/inbound-sources/{shop.send('POST', '/inbound-sources', body)['id']}"


def told(path: str) -> Call:
    """A webhook of that source, signed as the sender signs it."""
    body = json.dumps(webapp.case("told", "C-1"))
    signature = hmac.digest(SECRET.encode(), body.encode(), "sha256").hex()
    headers = {"X-Hub-Signature-256": f"sha256={signature}", **webapp.JSON}
    return Call("POST", path.replace("inbound-sources", "inbound"), body, headers)


def telling(shop: Shop) -> str:
    """The path of a source that told of something."""
    path = source(shop)
    call = told(path)
    shop.client.post(call.path, content=call.body, headers=dict(call.headers)).raise_for_status()
    return path


def misunderstood(shop: Shop) -> str:
    """The path of a source that told of something which could not be used."""
    path = telling(shop)
    shop.change("UPDATE inbound_events SET status = 'failed', finished_at = :past", past=lifecycle.PAST)
    return path


def source_changed(method: str, rest: str, body: Any) -> Scene:
    return lambda shop: shop.call(method, source(shop) + rest, body, again=TWICE, **MATCH)


SCENES: Mapping[str, Scene] = {
    "POST /offers": offered(),
    "POST /offers, nothing to accept": offered(fault="customer"),
    "POST /offers/{offer_id}/accept": move("accept"),
    "POST /offers/{offer_id}/decline": move("decline", {"reason": "No."}),
    "POST /offers/{offer_id}/counter": move("counter", lifecycle.WORDS),
    "POST /offers/{offer_id}/keep": kept,
    "POST /offers/{offer_id}/withdraw": move("withdraw"),
    "POST /offers/{offer_id}/approve": judged("approve"),
    "POST /offers/{offer_id}/reject": judged("reject"),
    "POST /offers/{offer_id}/override": move("override", {"reason": "Ten years with us.", "goodwill": 5000}),
    "POST /offers/{offer_id}/supersede": superseded,
    "POST /offers/{offer_id}/remedies/{position}/fulfilled": confirmed("fulfilled"),
    "POST /offers/{offer_id}/remedies/{position}/fulfilled, the last one": confirmed("fulfilled", last=True),
    "POST /offers/{offer_id}/remedies/{position}/failed": confirmed("failed"),
    "GET /offers/{offer_id}": letter_read,
    "POST /signals": signalled,
    "POST /incidents": lambda shop: shop.call(
        "POST", "/incidents", {"incident": {"reference": "t", "category": "other"}, "customer": {"reference": "C-1"}}
    ),
    "PATCH /incidents/{incident_id}": lambda shop: shop.call(
        "PATCH", f"/incidents/{shop.incident()}", {"owner": "Elena"}, again=TWICE, **MATCH
    ),
    "POST /incidents/{incident_id}/decision": decided,
    "POST /incidents/{incident_id}/reopen": reopened,
    "POST /incidents/{incident_id}/messages": paper(
        "messages", {"direction": "in", "channel": "email", "words": "It leaks.", "by": "Maria"}
    ),
    "POST /incidents/{incident_id}/evidence": paper("evidence", {"kind": "photo", "description": "The lid."}),
    "POST /incidents/{incident_id}/account": paper("account", {"words": "Traced the parcel."}),
    "POST /incidents/{incident_id}/letters": letter_written,
    "PUT /letterhead": lambda shop: shop.call(
        "PUT", "/letterhead", {"shop": "Northern Kettles"}, again=TWICE, **{"If-Match": '"0"'}
    ),
    "POST /customers/{reference}/erase": erased,
    "POST /follow-ups/{follow_up_id}/complete": completed("solved"),
    "POST /follow-ups/{follow_up_id}/complete, unsolved": completed("unsolved"),
    "POST /policies": lambda shop: shop.call("POST", "/policies", {"text": GENEROUS}),
    "PUT /policies/{version}": replaced,
    "POST /policies/{version}/activate": activated,
    "POST /budgets": lambda shop: shop.call(
        "POST", "/budgets", {"name": "May", "currency": "EUR", "limit": 5_000, **MONTHS}
    ),
    "PATCH /budgets/{budget_id}": lambda shop: shop.call(
        "PATCH", f"/budgets/{shop.budget['id']}", {"limit": 90_000}, again=TWICE, **MATCH
    ),
    "POST /api-keys": lambda shop: shop.call("POST", "/api-keys", {"name": "till", "scopes": ["offers:read"]}),
    "POST /api-keys/{key_id}/rotate": key_done("rotate"),
    "POST /api-keys/{key_id}/revoke": key_done("revoke"),
    "POST /webhook-endpoints": lambda shop: shop.call("POST", "/webhook-endpoints", {"url": "http://localhost:9/2"}),
    "PATCH /webhook-endpoints/{endpoint_id}": endpoint("PATCH", "", {"description": "Till"}, TWICE, **MATCH),
    "POST /webhook-endpoints/{endpoint_id}/rotate": endpoint("POST", "/rotate", {}, TWICE, **MATCH),
    "POST /webhook-endpoints/{endpoint_id}/enable": enabled,
    "POST /webhook-endpoints/{endpoint_id}/test": endpoint("POST", "/test", {}),
    "POST /webhook-endpoints/{endpoint_id}/replay": endpoint(
        "POST", "/replay", {"failed_since": "2026-01-01T00:00:00Z"}
    ),
    "DELETE /webhook-endpoints/{endpoint_id}": endpoint("DELETE", again=(404,)),
    "POST /inbound-sources": lambda shop: shop.call(
        "POST", "/inbound-sources", {"name": "Help desk", "preset": "zendesk", "decide": True}
    ),
    "PATCH /inbound-sources/{source_id}": source_changed("PATCH", "", {"decide": False}),
    "POST /inbound-sources/{source_id}/rotate": source_changed("POST", "/rotate", {}),
    "POST /inbound-sources/{source_id}/replay": lambda shop: shop.call(
        "POST",
        f"{misunderstood(shop)}/replay",
        {},
        again=(200,),  # the second time nothing has failed
    ),
    "DELETE /inbound-sources/{source_id}": lambda shop: shop.call("DELETE", telling(shop), again=(404,)),
    "POST /inbound/{source_id}": lambda shop: told(source(shop)),
    "POST /o/{token}/accept": page("accept", option="opt_2"),
    "POST /o/{token}/decline": page("decline"),
    "POST /o/{token}/counter": page("counter", words="The money back, please."),
    "POST /o/{token}/answer": page("answer", outcome="solved"),
    "the worker: an offer expires": late(stands=False),
    "the worker: a default stands": late(stands=True),
    "the worker: a webhook becomes an offer": lambda shop: Call(
        HANDLE, telling(shop).removeprefix("/inbound-sources/"), shop.merchant
    ),
}
WRITE_NOTHING = frozenset({"POST /offers/preview", "POST /offers/{offer_id}/recompute", "POST /policies/check"})
