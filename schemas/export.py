"""JSON Schema (draft 2020-12) for every topic, as committed under `schemas/json/`."""

from pathlib import Path
from typing import Any, Final

import orjson

from schemas.record import Record
from schemas.topics import RECORD_TYPES

FOLDER: Final = Path(__file__).parent / "json"


def json_schema(topic: str, record: type[Record]) -> dict[str, Any]:
    """The schema of one topic's value; unknown fields are allowed, as readers must expect them."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:peakend:{topic}",
        **record.model_json_schema(mode="validation"),
    }


def exported() -> dict[str, bytes]:
    """File name to content for every topic."""
    return {
        f"{topic}.json": orjson.dumps(
            json_schema(topic, record), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        )
        for topic, record in RECORD_TYPES.items()
    }


def export(folder: Path = FOLDER) -> list[Path]:
    """Writes all schemas into `folder` and tells the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in exported().items():
        path = folder / name
        path.write_bytes(content)
        written.append(path)
    return written
