"""What is measured, and which figure is divided by which.

A measurement is one stretch of load, or one loop; it is taken once a round, and the rounds go through all of them in
turn, so that whatever else the machine does meets all of them alike. A ratio is made within a round.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import Any

import cases
from compensation_service.api.offer_request import PreviewBody
from compensation_service.clock import system_clock
from compensation_service.decision.engine import decide
from compensation_service.decision.policy import Policy
from compensation_service.domain.offer import initial_status
from compensation_service.policies.load import default_policy, default_text, load_policy
from compensation_service.policies.schemes.load import packed_texts
from compensation_service.services import documents
from servers import Target

Measurement = dict[str, Any]
Measure = Callable[[], Measurement]


@dataclass(frozen=True)
class Ratio:
    """`of` ÷ `over` in the column named; it should be at least `must`, or at most where `at_most`."""

    title: str
    of: str
    over: str
    must: float | None = None
    aim: float | None = None
    column: str = "rate"
    over_column: str = "rate"
    at_most: bool = False


def _tail(name: str, must: float, aim: float) -> Ratio:
    """How far the slowest hundredth of answers lies above the middle, at half load."""
    case = f"{name} at half"
    return Ratio(f"{name}: p99 ÷ p50 at half load", case, case, must, aim, "p99_ms", "p50_ms", at_most=True)


def _growth(name: str) -> Ratio:
    """How much memory a worker has after many requests, compared with after a thousand."""
    case = f"memory, {name}"
    title = f"{name}: memory after many ÷ after 1,000 requests"
    return Ratio(title, case, case, 1.1, 1.0, "after_many", "after_few", at_most=True)


CPU = ("cpu_us", "cpu_us")

RATIOS: Sequence[Ratio] = (
    Ratio("preview ÷ FastAPI no-op, rate", "preview", "no-op", must=1.0, aim=1.3),
    Ratio("preview ÷ FastAPI no-op, CPU", "preview", "no-op", 1.0, 0.77, "cpu_us", "cpu_us", at_most=True),
    Ratio("preview ÷ no-op that makes no answer, rate", "preview", "no-op, made once", must=1.0, aim=1.3),
    Ratio("stored, SQLite ÷ FastAPI no-op", "stored sqlite", "no-op", must=0.30, aim=0.60),
    Ratio("stored, SQLite ÷ no-op that makes no answer", "stored sqlite", "no-op, made once", must=0.30, aim=0.60),
    Ratio("stored, PostgreSQL, 1 worker ÷ FastAPI no-op", "stored postgresql 1", "no-op", must=0.40, aim=0.70),
    Ratio("stored, PostgreSQL, 1 worker ÷ pgbench's best", "stored postgresql 1", "pgbench"),
    Ratio("stored, PostgreSQL, 2 workers ÷ pgbench's best", "stored postgresql 2", "pgbench", must=0.25, aim=0.80),
    Ratio("stored, SQLite: one hot budget ÷ none", "hot budget sqlite", "stored sqlite"),
    Ratio("stored, PostgreSQL, 2 workers: one hot budget ÷ none", "hot budget postgresql 2", "stored postgresql 2"),
    Ratio("decide ÷ validating its body", "decide alone", "validate alone", 2, 1, *CPU, at_most=True),
    Ratio(
        "decide with packs ÷ validating its body", "decide with packs", "validate a defect", 6, 3, *CPU, at_most=True
    ),
    _tail("preview", 6, 4),
    _tail("stored sqlite", 8, 5),
    _tail("stored postgresql 1", 8, 5),
    _growth("preview"),
    _growth("stored sqlite"),
    Ratio("load client's head-room: bare ASGI ÷ preview", "bare ASGI", "preview"),
)

COLUMNS = {"rate": "{:,.0f}", "cpu_us": "{:,.0f}", "p50_ms": "{:.2f}", "p99_ms": "{:.2f}"}


def decide_alone(times: int = 2000) -> Measurement:
    """How long one decision takes, and one with its document in words, without HTTP."""
    now = system_clock()
    facts = PreviewBody.model_validate_json(cases.body()).to_facts(now)
    policy = default_policy()

    def explained() -> None:
        decision = decide(facts, policy)
        documents.dump(documents.of_decision(decision, initial_status(decision), "ZD", "en"))

    alone, whole = _seconds(lambda: decide(facts, policy), times), _seconds(explained, times)
    return {"rate": 1 / alone, "cpu_us": alone * 1e6, "explained_us": whole * 1e6}


def validate(body: bytes, times: int = 2000) -> Measurement:
    """How long pydantic takes to validate the body that a decision is about."""
    model = PreviewBody
    alone = _seconds(lambda: model.model_validate_json(body), times)
    return {"rate": 1 / alone, "cpu_us": alone * 1e6}


def decide_with_packs(times: int = 500) -> Measurement:
    """How long a decision takes on a defect in Bulgaria, where every pack that comes with the product is adopted."""
    facts = PreviewBody.model_validate_json(cases.defect()).to_facts(system_clock())
    policy = with_all_packs()
    alone = _seconds(lambda: decide(facts, policy), times)
    return {"rate": 1 / alone, "cpu_us": alone * 1e6}


@cache
def with_all_packs() -> Policy:
    """The default policy with every pack: withdrawals only where they are claimed, the rest in every case."""
    adopted = [
        f"  - {{pack: {name}{', if_given: [withdrawn_on]' if 'withdrawal' in name else ''}}}" for name in packed_texts()
    ]
    return load_policy("\n".join([default_text(), "schemes:", *adopted]))


def _seconds(work: Callable[[], object], times: int) -> float:
    for _ in range(200):
        work()
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times


def interleaved(
    measures: Mapping[str, Measure], rounds: int, tell: Callable[[str], None]
) -> dict[str, list[Measurement]]:
    """Every measurement once a round."""
    found: dict[str, list[Measurement]] = {name: [] for name in measures}
    for number in range(1, rounds + 1):
        for name, measure in measures.items():
            tell(f"round {number} of {rounds}: {name}")
            found[name].append(measure())
    return found


def at_half(target: Target, full: Sequence[Measurement], seconds: float) -> Measure:
    """Load in an open loop at half the rate that a closed loop reached."""
    rate = median(item["rate"] for item in full) / 2
    return lambda: target.load(seconds, rate)


def ratios(found: Mapping[str, Sequence[Measurement]]) -> list[dict[str, Any]]:
    """Each ratio that was measured: median, least and most over the rounds."""
    rows = []
    for ratio in RATIOS:
        if ratio.of not in found or ratio.over not in found:
            continue
        pairs = zip(found[ratio.of], found[ratio.over], strict=True)
        values = [of[ratio.column] / over[ratio.over_column] for of, over in pairs]
        middle = median(values)
        held = None
        if ratio.must is not None:
            held = middle <= ratio.must if ratio.at_most else middle >= ratio.must
        rows.append(
            {
                "title": ratio.title,
                "median": middle,
                "least": min(values),
                "most": max(values),
                "must": ratio.must,
                "aim": ratio.aim,
                "sign": "≤" if ratio.at_most else "≥",
                "held": held,
            }
        )
    return rows


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that reads well in a terminal and in Markdown."""
    widths = [max(len(row[at]) for row in [heads, *rows]) for at in range(len(heads))]
    lines = [heads, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )


def rates_table(found: Mapping[str, Sequence[Measurement]]) -> str:
    """What was measured: the middle of the rounds, and from where to where the rates went."""
    rows = []
    for name, items in found.items():
        if name.startswith("memory"):
            continue  # a ratio of sizes, not a rate
        rates = [item["rate"] for item in items]
        cells = [
            form.format(median(item[key] for item in items)) if key in items[0] else "" for key, form in COLUMNS.items()
        ]
        rows.append([name, cells[0], f"{min(rates):,.0f}–{max(rates):,.0f}", *cells[1:]])
    return table(["measured", "per second", "least–most", "CPU µs", "p50 ms", "p99 ms"], rows)


def ratios_table(found: Mapping[str, Sequence[Measurement]]) -> str:
    """The figures to hold."""
    rows = []
    for row in ratios(found):
        wanted = [f"{row['sign']} {row[key]:g}" if row[key] is not None else "" for key in ("must", "aim")]
        verdict = {None: "", True: "held", False: "MISSED"}[row["held"]]
        rows.append([row["title"], f"{row['median']:.2f}", f"{row['least']:.2f}–{row['most']:.2f}", *wanted, verdict])
    return table(["ratio", "median", "least–most", "must", "aim", ""], rows)


def memory(target: Target, least: int, most: int) -> Measurement:
    """Memory of the worker after few and after many requests."""
    done, sizes = 0.0, []
    for wanted in (least, most):
        while done < wanted:
            seconds = 0.5 if wanted == least else 5.0
            done += target.load(seconds, warm_up=0.0)["rate"] * seconds
        sizes.append(target.server.unique_bytes())
    return {"rate": done, "after_few": sizes[0], "after_many": sizes[1]}


def dump(everything: Mapping[str, Any]) -> str:
    """The raw numbers."""
    return json.dumps(everything, indent=1)
