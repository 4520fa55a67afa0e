"""The tree in the docstring is the tree of classes."""

import inspect
import re

from compensation_service.domain import errors


def test_the_drawing_shows_every_error_under_its_parent():
    drawn: dict[str, str] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"([│├└─ ]*)([A-Z]\w+)(?:  |$)", line)
        if found is None:
            continue
        depth = len(found[1]) // 4
        above[depth:] = [found[2]]
        drawn[found[2]] = above[depth - 1] if depth else "Exception"
    classes = {
        name: kind.__bases__[0].__name__
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, Exception)
    }
    assert drawn == classes


def test_codes_are_stable_and_distinct():
    codes = [
        kind.code
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.CompensationError)
    ]
    assert len(codes) == len(set(codes)) + 1  # IdempotencyKeyReused gives its code when it is made
    assert errors.IdempotencyKeyReused().code == "idempotency_key_reused"
