"""A policy's curves as one picture: SVG, drawn with nothing but the standard library, the same for the same policy."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias
from xml.sax.saxutils import escape

from compensation_service.decision.curves import Curve
from compensation_service.decision.policy import Delay, Mode, Policy, Wait

Points: TypeAlias = Sequence[tuple[Decimal, Decimal]]

COLUMNS = 3
WIDTH, HEIGHT = 330, 250
LEFT, TOP, RIGHT, BOTTOM = 46, 44, 18, 44
INKS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Colours that all eyes can tell apart (Okabe and Ito)."""
STYLE = (
    "text{font:12px sans-serif;fill:#333}.title{font-weight:bold}.small{font-size:10px}"
    ".grid{stroke:#e4e4e4}.line{fill:none;stroke-width:2}"
)


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot: its lines by name, and the ticks that span its axes."""

    title: str
    across: str
    lines: Sequence[tuple[str, Points]]
    x_ticks: Sequence[str]
    y_ticks: Sequence[str]


def draw(policy: Policy) -> str:
    """The curves of a policy as the text of an SVG file."""
    panels = list(_panels(policy))
    rows = -(-len(panels) // COLUMNS)
    width, height = COLUMNS * WIDTH, rows * HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>The curves of the policy {escape(policy.name)}, version {policy.version}</title>",
        f"<style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for place, panel in enumerate(panels):
        row, column = divmod(place, COLUMNS)
        parts += [f'<g transform="translate({column * WIDTH} {row * HEIGHT})">', *_plot(panel), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _panels(policy: Policy) -> Iterator[Panel]:
    share, loyalty, goodwill = ("0", "0.5", "1"), policy.loyalty, policy.goodwill
    yield Panel("What share of the value is fair", "severity", _shares(policy), share, ("0", "0.2", "0.4", "0.6"))
    for category in policy.categories.values():
        if isinstance(category.magnitude, Delay):
            line = [("", category.magnitude.curve.points)]
            yield Panel("How bad a delay is", "hours late, standard delivery", line, ("0", "72", "168", "336"), share)
        if isinstance(category.magnitude, Wait):
            line = [("", category.magnitude.curve.points)]
            yield Panel("How bad a wait is", "times the promised wait", line, ("0", "4", "8", "16"), share)
    yield _single("What of a large value counts", "value ÷ V", goodwill.value_damping, "0 5 10 20", "0 2 4 6")
    yield _single("Loyalty by orders", "orders before this one", loyalty.orders, "0 10 20 50", "0 0.5 1")
    yield _single("Loyalty by years", "years as a customer", loyalty.years, "0 3 10", "0 0.5 1")
    yield _single("Loyalty by value", "lifetime value ÷ V", loyalty.lifetime_values, "0 20 50 100", "0 0.5 1")
    yield _single(
        "Our slowness multiplies", "hours from report to offer", goodwill.slowness, "0 24 168 240", "1 1.1 1.3"
    )
    repeats = policy.severity.repeats.weight_by_age_days
    yield _single("An earlier incident fades", "days since then", repeats, "0 45 90 180", "0 0.5 1")


def _single(title: str, across: str, curve: Curve, x_ticks: str, y_ticks: str) -> Panel:
    return Panel(title, across, [("", curve.points)], x_ticks.split(), y_ticks.split())


def _shares(policy: Policy) -> list[tuple[str, Points]]:
    """Severity → share, before fault, loyalty and slowness: one line for all categories that have the same."""
    goodwill = policy.goodwill
    alike = defaultdict(list)
    for category in policy.categories.values():
        if category.mode is Mode.KEPT:
            alike[category.share_max].append(category.code)
    room = 1 - goodwill.starts_at
    lines: list[tuple[str, Points]] = [
        (", ".join(codes), [(goodwill.starts_at + room * x, share * y) for x, y in goodwill.rise.points])
        for share, codes in sorted(alike.items(), reverse=True)
    ]
    base, most = goodwill.rejected_base, goodwill.rejected_base + goodwill.rejected_slope
    return [*lines, ("on top of the money back", [(Decimal(0), base), (Decimal(1), most)])]


def _plot(panel: Panel) -> Iterator[str]:
    yield f'<text class="title" x="{LEFT}" y="22">{escape(panel.title)}</text>'
    yield f'<text x="{(LEFT + WIDTH - RIGHT) // 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(panel.across)}</text>'
    for tick in panel.x_ticks:
        x = _x(panel, Decimal(tick))
        yield f'<path class="grid" d="M{x} {TOP}V{HEIGHT - BOTTOM}"/>'
        yield f'<text class="small" x="{x}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">{tick}</text>'
    for tick in panel.y_ticks:
        y = _y(panel, Decimal(tick))
        yield f'<path class="grid" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>'
        yield f'<text class="small" x="{LEFT - 6}" y="{y}" dy="3" text-anchor="end">{tick}</text>'
    for place, (name, points) in enumerate(panel.lines):
        ink = INKS[place % len(INKS)]
        yield f'<polyline class="line" stroke="{ink}" points="{_path(panel, points)}"/>'
        yield f'<text class="small" x="{LEFT + 4}" y="{TOP + 8 + 11 * place}" style="fill:{ink}">{escape(name)}</text>'


def _path(panel: Panel, points: Points) -> str:
    """The points within the panel; a curve is constant before its first and after its last."""
    first, last = Decimal(panel.x_ticks[0]), Decimal(panel.x_ticks[-1])
    inside = [(x, y) for x, y in points if first <= x <= last]
    curve = Curve((round(x, 6), round(y, 6)) for x, y in points)
    ends = [(first, curve(first)), *inside, (last, curve(last))]
    return " ".join(f"{_x(panel, x)},{_y(panel, y)}" for x, y in ends)


def _x(panel: Panel, value: Decimal) -> str:
    return _along(value, panel.x_ticks, LEFT, WIDTH - RIGHT)


def _y(panel: Panel, value: Decimal) -> str:
    return _along(value, panel.y_ticks, HEIGHT - BOTTOM, TOP)


def _along(value: Decimal, ticks: Sequence[str], begins: int, ends: int) -> str:
    low, high = Decimal(ticks[0]), Decimal(ticks[-1])
    return f"{begins + (value - low) / (high - low) * (ends - begins):.1f}"


if __name__ == "__main__":
    from compensation_service.policies.load import default_policy

    print(draw(default_policy()), end="")  # noqa: T201 - the picture is what this command is for
