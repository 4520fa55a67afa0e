"""What becomes of offers and of a budget, said a second time and as simply as possible."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

CONFIRMS = {"promised": {"fulfilled", "failed"}, "failed": {"fulfilled"}, "fulfilled": set()}
ENDS = {"decline": "declined", "withdraw": "withdrawn", "expire": "expired"}
MOVES = {
    "pending_approval": {"approve": "open", "reject": "rejected", "expire": "expired"}
    | dict.fromkeys(("accept", "stand"), "part_accepted"),
    "part_accepted": {"approve": "accepted", "reject": "accepted", "expire": "accepted"},
    "open": {"accept": "accepted", "stand": "accepted", "counter": "countered", **ENDS},
    "countered": {"keep": "open", **ENDS},
}


@dataclass
class Life:
    """One offer. `costs` are those of its options; `owed` is how many of its remedies need no approval."""

    status: str
    reserved: int
    costs: dict[str, int]
    remedies: dict[str, int]
    default: str
    owed: int
    stands: bool
    expires: datetime
    spent: int = 0
    option: str | None = None
    asked: str | None = None
    made: list[tuple[str, str | None]] = field(default_factory=list)
    promised: dict[int, str] = field(default_factory=dict)

    def act(self, action: str, option: str | None, now: datetime) -> bool:
        """Whether it may be done, or was done just before."""
        option = (option or self.default) if action == "accept" else None
        follow = {"approve", "reject", "expire", "fulfil"} if action == "accept" else {"fulfil"}
        if [move for move in self.made if move[0] not in follow][-1:] == [(action, option)]:
            return True
        unheard = self.status == "pending_approval" and action == "accept" and not self.owed
        tired = action == "counter" and [move[0] for move in self.made].count("counter") >= 3
        unknown = option is not None and option not in self.costs
        may = action in MOVES.get(self.status, ()) and now < self.expires and not (unheard or tired or unknown)
        if may:
            self.move(action, option, now)
        return may

    def run_out(self, now: datetime) -> None:
        while self.status in MOVES and now >= self.expires:
            stands = self.stands and (self.status == "open" or (self.status == "pending_approval" and self.owed))
            self.move("stand" if stands else "expire", self.default if stands else None, now)

    def move(self, action: str, option: str | None, now: datetime) -> None:
        self.made.append((action, option))
        self.status, self.option = MOVES[self.status][action], option or self.option
        if self.status in MOVES and action in {"approve", "counter", "keep"}:
            self.expires = max(self.expires, now + timedelta(days=7))
        gives = self.status == "accepted" and action in {"accept", "approve", "stand"}
        if gives or self.status == "part_accepted":
            many = self.remedies[self.option] if gives else self.owed
            self.promised = {n: self.promised.get(n, "promised") for n in range(1, many + 1)}
        if self.status not in MOVES:
            self.spent, self.reserved = self.costs[self.option] if gives and self.reserved else 0, 0
        if self.status == "accepted":
            self.asked = "planned"
            self.fulfil()

    def confirm(self, position: int, what: str) -> bool:
        now = self.promised.get(position)
        if now is None or now == what or what not in CONFIRMS[now]:
            return now == what
        self.promised[position] = what
        self.fulfil()
        return True

    def fulfil(self) -> None:
        if self.status == "accepted" and set(self.promised.values()) == {"fulfilled"}:
            self.status = "fulfilled"
            self.made.append(("fulfil", None))
