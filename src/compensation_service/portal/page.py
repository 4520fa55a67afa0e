"""Pages out of what is to be shown: templates and texts beside this file, everything from outside escaped."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from compensation_service.letters.isolates import RIGHT_TO_LEFT
from compensation_service.services.customer_page import CustomerPage

PACKAGE: Final = "compensation_service.portal"
LANGUAGES: Final = {"en": "English", "ru": "Русский", "bg": "Български", "fa": "فارسی"}
"""What each language calls itself."""
Texts = Mapping[str, Any]


@cache
def texts(language: str) -> Texts:
    """The texts of the pages in one language."""
    found: Texts = yaml.load(
        files(PACKAGE).joinpath(f"texts/{language}.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader
    )
    return found


@cache
def style() -> bytes:
    """The style sheet of all pages."""
    return files(PACKAGE).joinpath("pages/style.css").read_bytes()


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(PACKAGE, "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def offer_page(view: CustomerPage, token: str, form: str, root: str, wrong: str | None = None) -> bytes:
    """The page of an offer. `form` proves that a form came from it; `wrong` names what did not work (texts: wrong).

    `root` is the path under which customers reach the service, empty for a host of its own.
    """
    said = texts(view.language)
    return _render(
        "offer",
        view.language,
        root=root,
        view=view,
        token=token,
        form=form,
        wrong=said["wrong"][wrong] if wrong else None,
        reopened=wrong == "words",
        title=said["title"].format(shop=view.shop),
        status=_status(view, said),
        until=_until(view, said),
        contact=said["write"].format(contact=view.contact or said["team"]),
        languages=LANGUAGES,
    )


def nothing_page(language: str, why: str, root: str) -> bytes:
    """A page that says why there is nothing to see: `missing` or `away`; `root` as of `offer_page`."""
    return _render("nothing", language, root=root, why=texts(language)[why])


def _status(view: CustomerPage, said: Texts) -> str | None:
    if view.can_object:
        return None
    text: str = said["status"][view.status]
    return text.format(done_by=view.done_by, respond_by=view.respond_by, expires=view.expires)


def _until(view: CustomerPage, said: Texts) -> str | None:
    """By when to choose, and what happens otherwise."""
    if not view.can_choose:
        return None
    if view.stands:
        return str(said["stands"].format(date=view.expires))
    return str(said["choose" if len(view.options) > 1 else "one"].format(date=view.expires))


def _render(page: str, language: str, **values: object) -> bytes:
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    template = _environment().get_template(f"{page}.html")
    return template.render(language=language, direction=direction, texts=texts(language), **values).encode()
