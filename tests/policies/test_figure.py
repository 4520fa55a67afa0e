from pathlib import Path
from xml.etree import ElementTree as ET

from compensation_service.policies.figure import COLUMNS, HEIGHT, WIDTH, draw
from compensation_service.policies.load import default_policy

PICTURE = Path(__file__).parents[2] / "docs" / "curves.svg"
SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_is_current():
    """Where it is not: python -m compensation_service.policies.figure > docs/curves.svg."""
    assert PICTURE.read_text(encoding="utf-8") == draw(default_policy())


def test_no_line_leaves_the_picture():
    root = ET.fromstring(draw(default_policy()))
    lines = [line.get("points") for line in root.iter(f"{SVG}polyline")]
    assert (
        len(lines) == 8 + 6 + 1
    )  # eight plots of one curve; six shares for nine kept categories, and the rejected one
    for points in lines:
        for point in points.split():
            x, y = map(float, point.split(","))
            assert 0 < x < WIDTH
            assert 0 < y < HEIGHT


def test_every_plot_has_its_place():
    root = ET.fromstring(draw(default_policy()))
    places = [group.get("transform") for group in root.iter(f"{SVG}g")]
    assert len(set(places)) == len(places) == 3 * COLUMNS
