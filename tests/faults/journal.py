"""Clients that write down what they were acknowledged, and the comparison with what is there in the end.

A client asks again, with the same Idempotency-Key, until it is answered: connections that break, answers that do not
come, and 5xx all mean that it does not know.
"""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from random import Random
from typing import Any

import webapp
from compensation_service.store.store import Store, open_store
from faults.crashing import falsified, looking, unbalanced

PATIENCE_S = 600.0
"""How long a client goes on asking in all."""
UNKNOWN = frozenset({429, 500, 502, 503, 504})
REPEATED = 0.1
"""How often an answer that has come is asked for once more."""


@dataclass(slots=True)
class Journal:
    """What one client was acknowledged: by offer, the reference that it asked for and where it stands."""

    stands: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    asked_again: int = 0
    troubles: list[str] = field(default_factory=list)


class Client(threading.Thread):
    """Asks for offers one after the other, and accepts, declines or leaves them."""

    def __init__(self, port: int, headers: dict[str, str], number: int, offers: int) -> None:
        super().__init__(name=f"client-{number}", daemon=True)
        self.journal = Journal()
        self._port = port
        self._headers = headers
        self._number = number
        self._offers = offers
        self._chance = Random(number)
        self._connection: http.client.HTTPConnection | None = None
        self._until = time.monotonic() + PATIENCE_S

    def run(self) -> None:
        """Ask for all of them; what goes wrong stands in the journal."""
        try:
            for turn in range(self._offers):
                self._one(f"{self._number}-{turn}")
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever reads the journal is to see it
            self.journal.troubles.append(f"{self.name}: {type(error).__name__}: {error}")
        finally:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _one(self, reference: str) -> None:
        body = webapp.case(reference, f"C-{reference}")
        offer = self._ask("/offers", body, reference)
        self.journal.asked[offer["id"]] = reference
        self.journal.stands[offer["id"]] = offer["status"]
        action = self._chance.choice(["accept", "decline", None])
        if action and offer["status"] == "open":
            moved = self._ask(f"/offers/{offer['id']}/{action}", {}, f"{action}-{reference}")
            self.journal.stands[offer["id"]] = moved["status"]

    def _ask(self, path: str, body: Any, key: str) -> Any:
        status, answer = self._patiently(path, body, key)
        if status not in {200, 201}:
            raise AssertionError(f"{path} {key}: {status} {answer!r}")
        if self._chance.random() < REPEATED and (again := self._patiently(path, body, key)[1]) != answer:
            self.journal.troubles.append(f"{path} {key}: {answer!r}, then {again!r}")
        return json.loads(answer)

    def _patiently(self, path: str, body: Any, key: str) -> tuple[int, bytes]:
        while time.monotonic() < self._until:
            try:
                status, answer = self._once(path, body, key)
            except (OSError, http.client.HTTPException):
                self._hang_up()
                status, answer = 503, b""
            if status not in UNKNOWN and b"idempotency_in_progress" not in answer:
                return status, answer
            self.journal.asked_again += 1
            time.sleep(0.05 + 0.1 * self._chance.random())
        raise TimeoutError(f"no answer to {path} {key}")

    def _once(self, path: str, body: Any, key: str) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        headers = {**self._headers, **webapp.JSON, "Idempotency-Key": key}
        self._connection.request("POST", path, json.dumps(body), headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()


def differences(url: str, merchant: str, journals: list[Journal]) -> list[str]:
    """Where the store and the journals differ, budgets do not add up, or the history does not hold."""
    wrong = [trouble for journal in journals for trouble in journal.troubles]
    asked = {offer: reference for journal in journals for offer, reference in journal.asked.items()}
    stands = {offer: status for journal in journals for offer, status in journal.stands.items()}
    with closing(open_store(url)) as store:
        return [
            *wrong,
            *_apart(store, merchant, asked, stands),
            *unbalanced(store, merchant),
            *falsified(store, merchant),
        ]


def _apart(store: Store, merchant: str, asked: dict[str, str], stands: dict[str, str]) -> Iterator[str]:
    with looking(store, merchant) as ask:
        offers = ask(
            "SELECT o.id, i.reference, o.status FROM offers o JOIN incidents i ON i.merchant_id = o.merchant_id"
            " AND i.id = o.incident_id WHERE o.merchant_id = MERCHANT"
        )
        told = ask("SELECT incident_id, type FROM events WHERE merchant_id = MERCHANT")
    kept = {offer: reference for offer, reference, _ in offers}
    yield from (
        f"{offer} for {asked[offer]} was acknowledged, and is not there" for offer in asked.keys() - kept.keys()
    )
    yield from (f"{offer} for {kept[offer]} is there, and nobody knows of it" for offer in kept.keys() - asked.keys())
    yield from (
        f"{offer} is {status}, and was {stands[offer]}" for offer, _, status in offers if stands.get(offer) != status
    )
    yield from (f"{event} is there {times} times" for event, times in Counter(told).items() if times > 1)
