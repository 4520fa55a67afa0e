"""Conditions: CEL, checked by the official checker, evaluated exactly.

The checker proves syntax, names and that the result is true or false. The checked tree becomes plain callables of our
own: CEL itself would compute decimals in binary floating point, and could not say which fact was lacking. To the
checker every number is a `double`; a number never is one here: a literal's decimal is recovered from its double, which
is exact up to 15 digits, and more are refused.
"""

import re

from cel_expr_python import cel

from compensation_service.decision.schemes.conditions import Condition
from compensation_service.policies.problems import Path
from compensation_service.policies.schemes.cel_functions import DECLARATIONS
from compensation_service.policies.schemes.cel_names import ALIASES, CEL_WORDS, renamed
from compensation_service.policies.schemes.cel_tree import read_tree
from compensation_service.policies.schemes.cel_types import Compiler
from compensation_service.policies.schemes.scope import BOOLEAN, Broken, Scope, Type

TEXT_MAX = 2_000
DIGITS_MAX = 15
_TOKEN = re.compile(
    r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[A-Za-z_][A-Za-z0-9_]*|\d+(?:\.\d+)?(?:[eEuUxX][^\s]*)?|.""", re.DOTALL
)
_CEL = cel.Type
_TYPES = {
    "number": _CEL.DOUBLE,
    "money": _CEL.DOUBLE,
    "constant": _CEL.DOUBLE,
    "text": _CEL.STRING,
    "boolean": _CEL.BOOL,
    "date": _CEL.TIMESTAMP,
    "moment": _CEL.TIMESTAMP,
    "time": _CEL.DURATION,
    "duration": _CEL.DURATION,
}
_SAYS = re.compile(r"ERROR: <input>:\d+:(\d+): ([^\n]*)")


def compile_condition(text: str, scope: Scope, path: Path) -> Condition:
    """A condition as a callable; Broken where it is not CEL, speaks of unknown names, or is not true or false."""
    if len(text) > TEXT_MAX:
        raise Broken(path, "condition", "the condition is too long.", "Split it: name its parts under `values`.")
    checked = _check(text, scope, path)
    compiler = Compiler(scope, path)
    test, type_ = compiler.compile(read_tree(checked.serialize()))
    if type_.name != BOOLEAN.name:
        advice = "Compare it with something: a condition is true or false."
        raise Broken(path, "condition", f"the condition is a {type_.name}, not true or false.", advice)
    return Condition(" ".join(text.split()), test, tuple(compiler.seen.values()))


def _check(text: str, scope: Scope, path: Path) -> cel.Expression:
    source, places = _for_checker(text, path)
    try:
        return cel.NewEnv(variables=_variables(scope), functions=DECLARATIONS).compile(source)
    except RuntimeError as error:
        found = _SAYS.search(str(error))
        column, said = (int(found[1]), found[2]) if found else (1, str(error))
        near = places[min(column, len(places)) - 1] if places else 0
        reason = f"the condition does not hold together at character {near + 1}: {_plain(said)}."
        raise Broken(path, "condition", reason, _advice(said)) from None


def _for_checker(text: str, path: Path) -> tuple[str, list[int]]:
    """The text as the checker reads it, and where each of its characters came from.

    Every whole number becomes a decimal, and what CEL keeps for itself gets another name.
    """
    parts, places = [], []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token[0].isdigit():
            if not re.fullmatch(r"\d+(\.\d+)?", token) or len(token.replace(".", "")) > DIGITS_MAX:
                advice = f"Write a plain decimal of at most {DIGITS_MAX} digits."
                raise Broken(path, "condition", f"`{token}` is not a number that conditions know.", advice)
            token = token if "." in token else f"{token}.0"
        elif token in ALIASES and text[match.end() :].lstrip().startswith("("):
            token = ALIASES[token]
        elif token in CEL_WORDS and _is_name(text, match):
            token = renamed(token)
        parts.append(token)
        places += [match.start()] * len(token)
    return "".join(parts), places


def _is_name(text: str, token: re.Match[str]) -> bool:
    """Whether a word stands for a thing: it is neither a field after a dot nor a function before its bracket."""
    return not text[: token.start()].rstrip().endswith(".") and not text[token.end() :].lstrip().startswith("(")


def _variables(scope: Scope) -> dict[str, cel.Type]:
    found: dict[str, cel.Type] = {}
    for written, known in scope.names.items():
        name = renamed(written) if written in CEL_WORDS else written
        if known.type.name == "record":
            found |= {f"{name}.{inner}": _cel_type(type_) for inner, type_ in known.type.fields.items()}
            found[name] = _CEL.DYN
        else:
            found[name] = _cel_type(known.type)
    return found


def _cel_type(type_: Type) -> cel.Type:
    if type_.name == "record":
        return _CEL.Map(_CEL.STRING, _CEL.DYN)
    if type_.item is not None:
        return _CEL.List(_cel_type(type_.item))
    return _TYPES.get(type_.name, _CEL.DYN)


def _plain(said: str) -> str:
    """The checker's words, with ours for its types."""
    said = (
        re.sub(r"\bdouble\b|\bint\b", "number", said).replace("(in container '')", "").replace("google.protobuf.", "")
    )
    return said.replace("Timestamp", "date").replace("Duration", "time or span").strip().rstrip(".")


HINTS = {
    "null_type": "Ask with given(name), or !given(name).",
    "_%_": "Write remainders as a fact of their own: conditions do not divide with a rest.",
    "Duration": "Compare a difference of dates with days(14), or write days_between(from, to) for a number.",
    "undeclared reference": (
        "Declare the name above this place, mend its spelling, or put quotes around it if it is a text."
    ),
    "no matching overload": "Compare things of one kind; a date is written date('2025-03-01'), a time time('23:30').",
}
"""What helps, by what the checker or the author says; the first that fits."""


def _advice(said: str) -> str:
    found = (hint for word, hint in HINTS.items() if word in said)
    return next(found, "Mend the condition here; `docs/schemes.md` lists what conditions can say.")
