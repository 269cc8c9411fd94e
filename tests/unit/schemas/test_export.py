import jsonschema
import orjson
import pytest

from schemas.export import FOLDER, exported
from schemas.topics import RECORD_TYPES


def test_the_committed_export_is_current() -> None:
    committed = {path.name: path.read_bytes() for path in FOLDER.glob("*.json")}
    assert committed == exported(), "run `make schemas` and commit schemas/json"


@pytest.mark.parametrize("topic", sorted(RECORD_TYPES))
def test_every_topic_has_a_valid_schema_that_allows_unknown_fields(topic: str) -> None:
    schema = orjson.loads((FOLDER / f"{topic}.json").read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is True
    assert schema["description"].startswith(f"`{topic}`")
