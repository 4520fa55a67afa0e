"""A composed letter as HTML on the shop's letterhead: what its text says, paragraph by paragraph, and nothing else."""

from datetime import date
from html import escape

from compensation_service.letters.catalogues import catalogue
from compensation_service.letters.compose import Composed
from compensation_service.letters.isolates import RIGHT_TO_LEFT
from compensation_service.letters.matter import Sender
from compensation_service.letters.numbers import day

_PAGE = """\
<!DOCTYPE html>
<html lang="{language}" dir="{direction}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{subject}</title></head>
<body style="margin:0;background:#f4f4f2">
{sheet}
</body>
</html>
"""
_SHEET = """\
<div lang="{language}" dir="{direction}" style="max-width:38em;margin:0 auto;padding:2.5em 2em;background:#ffffff;\
color:#1d1d1b;font:16px/1.6 Vazirmatn,Georgia,'Times New Roman',serif">
<div style="border-bottom:1px solid #c9c9c4;padding-bottom:.8em;margin-bottom:1.6em">\
<strong style="font-size:1.25em"><bdi>{shop}</bdi></strong><br>\
<span style="color:#5d5d58">{date}</span></div>
{paragraphs}
<div style="border-top:1px solid #c9c9c4;margin-top:2em;padding-top:.8em;color:#5d5d58;font-size:.85em">\
<bdi>{shop}</bdi>{address}</div>
</div>"""


def to_html(letter: Composed, language: str, sender: Sender, written_on: date, link: str | None = None) -> str:
    """The letter as a page that needs nothing from elsewhere. Everything in it is escaped; only `link` is a link."""
    sheet = to_sheet(letter, language, sender, written_on, link)
    subject, direction = escape(letter.subject), _direction(language)
    return _PAGE.format(language=language, direction=direction, subject=subject, sheet=sheet)


def to_sheet(letter: Composed, language: str, sender: Sender, written_on: date, link: str | None = None) -> str:
    """The same as a piece of a page."""
    paragraphs = "\n".join(["<p>" + "<br>".join(map(escape, lines)) + "</p>" for lines in letter.paragraphs])
    if link:
        address = escape(link)
        paragraphs = paragraphs.replace(address, f'<a href="{address}">{address}</a>')
    return _SHEET.format(
        language=language,
        direction=_direction(language),
        shop=escape(sender.shop),
        address=f" · <bdi>{escape(sender.address)}</bdi>" if sender.address else "",
        date=day(written_on, language, catalogue(language).remedies.date),
        paragraphs=paragraphs,
    )


def _direction(language: str) -> str:
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"
