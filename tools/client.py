"""Writes the generated half of clients/python from openapi/openapi.json: a TypedDict a schema, a method an operation.

The same description gives the same files, byte for byte; a test compares them with what is kept.
"""

import json
import keyword
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
PACKAGE: Final = ROOT / "clients" / "python" / "src" / "compensation_client"
OPENAPI: Final = ROOT / "openapi" / "openapi.json"
BEGUN: Final = '"""{about}, made by tools/client.py from openapi/openapi.json: change nothing here."""\n\n'
PLAIN: Final = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
LEFT_OUT: Final = frozenset({"operation"})
"""Tags of operations for those who run the service."""
Schema = Mapping[str, Any]


def name_of(schema: str) -> str:
    """The class for a schema; of one whose name has its module in front, the last two words."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"_|-", "_".join(schema.split("__")[-2:])) if part)


def snake(name: str) -> str:
    """`makeOffer` and `If-Match` as Python names them."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()


def type_of(schema: Schema, prefix: str = "") -> str:
    """The Python type of what a schema describes; `prefix` stands before the names of classes."""
    if "$ref" in schema:
        return prefix + name_of(schema["$ref"].rpartition("/")[2])
    if values := schema.get("enum", [schema["const"]] if "const" in schema else []):
        return f"Literal[{', '.join(map(repr, values))}]"
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            return " | ".join(dict.fromkeys(type_of(each, prefix) for each in schema[union]))
    match schema.get("type"):
        case "array":
            return f"list[{type_of(schema.get('items', {}), prefix)}]"
        case "object":
            more = schema.get("additionalProperties")
            return f"dict[str, {type_of(more, prefix) if isinstance(more, dict) else 'Any'}]"
        case list() as kinds:
            return " | ".join(PLAIN[kind] for kind in kinds)
        case kind:
            return PLAIN.get(str(kind), "Any")


def models(document: Schema) -> str:
    """The module of types: words of enumerations first, then what objects hold."""
    schemas = {name_of(name): schema for name, schema in document["components"]["schemas"].items()}
    aliases = [f"{name}: TypeAlias = {type_of(each)}" for name, each in schemas.items() if "properties" not in each]
    classes = [_class(name, each) for name, each in schemas.items() if "properties" in each]
    head = BEGUN.format(about="What requests and answers hold") + "from __future__ import annotations\n\n"
    head += "from typing import Any, Literal, NotRequired, TypeAlias, TypedDict\n\n"
    return head + "\n\n".join([*aliases, *classes]) + "\n"


def _class(name: str, schema: Schema) -> str:
    required = schema.get("required", ())
    fields = {key: type_of(each) for key, each in schema["properties"].items()}
    told = {key: kind if key in required else f"NotRequired[{kind}]" for key, kind in fields.items()}
    if any(keyword.iskeyword(key) or not key.isidentifier() for key in told):
        inside = ", ".join(f"{key!r}: {kind!r}" for key, kind in told.items())
        return f"{name} = TypedDict({name!r}, {{{inside}}})"
    lines = [f'"""{_sentence(schema, name)}"""', "", *(f"{key}: {kind}" for key, kind in told.items())]
    return f"class {name}(TypedDict):\n" + textwrap.indent("\n".join(lines), "    ")


def _sentence(described: Schema, otherwise: str) -> str:
    """The first paragraph of a description."""
    text = " ".join(described.get("description", "").split("\n\n")[0].split()) or f"{otherwise}."
    return text.replace("\\", "\\\\")


def operations(document: Schema) -> str:
    """The module of operations: a class whose methods leave the sending to another one."""
    methods = [method for each in _operations(document) for method in _methods(document, *each)]
    head = '''from collections.abc import Iterator, Mapping
from typing import Any, Literal
from urllib.parse import quote

from compensation_client import models


class Operations:
    """What the service can be asked for."""

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: object = None,
    ) -> Any:  # noqa: ANN401 - what the operation answers
        raise NotImplementedError

    def _each(self, path: str, query: Mapping[str, Any]) -> Iterator[Any]:
        raise NotImplementedError

    def _stream(self, path: str, query: Mapping[str, Any]) -> Iterator[bytes]:
        raise NotImplementedError
'''
    body = "\n\n".join(textwrap.indent(method, "    ") for method in methods)
    return BEGUN.format(about="The operations of the service") + f"{head}\n{body}\n"


def _operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            if not LEFT_OUT & set(operation.get("tags", ())) and operation.get("security"):
                yield verb.upper(), path, operation


def _methods(document: Schema, verb: str, path: str, operation: Schema) -> Iterator[str]:
    answer = _answer(operation)
    name, where = snake(operation["operationId"]), _path(path, operation)
    if answer is None:
        query = _query(operation, leave=())
        yield _method(name, operation, "Iterator[bytes]", f"self._stream({where}, {query})")
        return
    arguments = [repr(verb), where]
    if _parameters(operation, "query"):
        arguments.append(f"query={_query(operation, leave=())}")
    if headers := _parameters(operation, "header"):
        arguments.append("headers={" + ", ".join(f"{each['name']!r}: {snake(each['name'])}" for each in headers) + "}")
    if "requestBody" in operation:
        arguments.append("body=body")
    call = f"self._call({', '.join(arguments)})"
    yield _method(name, operation, answer, call)
    if item := _item(document, operation):
        each = f"each_{_singular(name.removeprefix('list_'))}"
        call = f"self._each({where}, {_query(operation, leave=('cursor',))})"
        yield _method(each, operation, f"Iterator[{item}]", call, leave=("cursor",))


def _method(name: str, operation: Schema, answers: str, call: str, leave: tuple[str, ...] = ()) -> str:
    positional = [f"{each['name']}: {_kind(each)}" for each in _parameters(operation, "path")]
    if "requestBody" in operation:
        positional.append(f"body: {type_of(_content(operation['requestBody'])['schema'], 'models.')}")
    named = [
        f"{snake(each['name'])}: {_kind(each)}" + ("" if _must(each) else " | None = None")
        for place in ("header", "query")
        for each in sorted(_parameters(operation, place), key=lambda each: not _must(each))
        if each["name"] not in leave
    ]
    arguments = ", ".join(["self", *positional, *(["*", *named] if named else [])])
    told = f'"""{_sentence(operation, name)}"""'
    give = call if answers == "None" else f"return {call}"
    if answers.startswith(("models.", "Literal")):
        give = f"answer: {answers} = {call}\n    return answer"
    return f"def {name}({arguments}) -> {answers}:\n    {told}\n    {give}\n"


def _must(parameter: Schema) -> bool:
    """Whether a caller has to say it; a key that makes repeating safe is made where none is given."""
    return bool(parameter.get("required")) and parameter["name"] != "Idempotency-Key"


def _kind(parameter: Schema) -> str:
    kinds = type_of(parameter.get("schema", {}), "models.").split(" | ")
    return " | ".join(kind for kind in kinds if kind != "None")


def _parameters(operation: Schema, place: str) -> list[Schema]:
    return [each for each in operation.get("parameters", ()) if each["in"] == place]


def _query(operation: Schema, leave: tuple[str, ...]) -> str:
    told = [each["name"] for each in _parameters(operation, "query") if each["name"] not in leave]
    return "{" + ", ".join(f"{name!r}: {snake(name)}" for name in told) + "}"


def _path(path: str, operation: Schema) -> str:
    names = [each["name"] for each in _parameters(operation, "path")]
    quoted = re.sub(r"\{(\w+)\}", r"{quote(str(\1), safe='')}", path)
    return f'f"{quoted}"' if names else repr(path)


def _content(described: Schema) -> Schema:
    content: Schema = described["content"]["application/json"]
    return content


def _answer(operation: Schema) -> str | None:
    """The type of what is answered where all went well; None where it is no JSON."""
    kinds = []
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            content = response.get("content")
            if content and "application/json" not in content:
                return None
            kinds.append(type_of(_content(response)["schema"], "models.") if content else "None")
    return " | ".join(dict.fromkeys(kinds))


def _item(document: Schema, operation: Schema) -> str | None:
    """The type of what a list has on its pages; None where it has none."""
    if not any(each["name"] == "cursor" for each in _parameters(operation, "query")):
        return None
    page = _content(operation["responses"]["200"])["schema"]["$ref"].rpartition("/")[2]
    return type_of(document["components"]["schemas"][page]["properties"]["data"]["items"], "models.")


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name.removesuffix("s")


def files() -> dict[Path, str]:
    """What each generated file holds now."""
    document = json.loads(OPENAPI.read_text("utf-8"))
    made = {PACKAGE / "models.py": models(document), PACKAGE / "operations.py": operations(document)}
    return {file: _formatted(file, text) for file, text in made.items()}


def _formatted(file: Path, text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(file), "-"]
    return subprocess.run(command, input=text, capture_output=True, check=True, text=True, cwd=ROOT).stdout  # noqa: S603 - fixed


if __name__ == "__main__":
    for file, text in files().items():
        file.write_text(text, "utf-8")
