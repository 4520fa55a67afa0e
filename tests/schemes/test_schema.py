import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from compensation_service.policies.schemes.schema import json_schema, schema_text
from compensation_service.policies.source import read_source
from schemes.casebook import FOLDERS

SOME = ("uk-cra-2015", "shop-late-parcel", "ru-zozpp", "marriott-ultimate-reservation", "us-dot-denied-boarding")
"""Together they use every part of a document; a validator in Python takes its time with the others."""

DOCUMENTS = sorted(path for folder in FOLDERS for path in folder.glob("*.yaml") if path.stem in SOME)
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def data_of(path: Path) -> dict[str, object]:
    return json.loads(json.dumps(read_source(path.read_text(encoding="utf-8"), path.name).data, default=float))


def test_the_schema_file_is_current():
    """Where it is not, write `schema_text()` there anew."""
    stored = files("compensation_service.policies.schemes").joinpath("scheme.schema.json").read_text(encoding="utf-8")
    assert stored == schema_text()


def test_the_schema_is_one():
    VALIDATOR.check_schema(json_schema())


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_scheme_meets_the_schema(path):
    assert [error.message for error in VALIDATOR.iter_errors(data_of(path))] == []


def test_a_misspelt_key_does_not_meet_it():
    data = data_of(next(path for path in DOCUMENTS if path.stem == "shop-late-parcel"))
    data["owd"] = data.pop("owed")
    assert len(list(VALIDATOR.iter_errors(data))) == 2
