"""What all records share: frozen, strict on types, lenient on unknown fields."""

from typing import Annotated, Any, Self, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError

T = TypeVar("T")

Seq = Annotated[tuple[T, ...], Strict(strict=False)]
"""A JSON array. The container is read from a list; its items stay strict."""

Identifier = Annotated[str, Field(min_length=1, max_length=512)]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]


class DecodeError(ValueError):
    """A payload is not the record it should be; it belongs in the dead-letter topic, whole.

    `reason` is a short stable word for metrics (`not_json`, `not_an_object`, `invalid`); the message
    names fields and what is wrong with them, never their content, which may be personal data.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Part(BaseModel):
    """A nested object of a record."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="allow",
        allow_inf_nan=False,
        # `model` is a field of several records (the scorer's identity).
        protected_namespaces=(),
        # Messages of validation errors would otherwise quote the input, which may be personal data.
        hide_input_in_errors=True,
    )


class Record(Part):
    """A topic's record. Absent optional fields stay absent and unknown ones stay put on a round trip."""

    @classmethod
    def decode(cls, payload: bytes | bytearray | memoryview) -> Self:
        """Reads one JSON object.

        Raises:
            DecodeError: not JSON, not an object, or a known field of the wrong type or value.
        """
        try:
            value = orjson.loads(payload)
        except orjson.JSONDecodeError as error:
            raise DecodeError("not_json", f"not JSON: {error.msg} at byte {error.pos}") from None
        return cls.from_value(value)

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Reads an already parsed JSON value; raises as `decode` does."""
        if not isinstance(value, dict):
            raise DecodeError("not_an_object", f"a {cls.__name__} is a JSON object")
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            raise DecodeError("invalid", _explain(cls.__name__, error)) from None

    def value(self) -> dict[str, Any]:
        """The record as plain JSON values: the fields that were given, unknown ones included."""
        return self.model_dump(exclude_unset=True)

    def encode(self) -> bytes:
        """Compact UTF-8 JSON; the same record always gives the same bytes."""
        return orjson.dumps(self.value())

    def changed(self, **fields: object) -> Self:
        """A copy with `fields` set, checked like any other record."""
        return type(self).model_validate(self.value() | fields)


def _explain(name: str, error: ValidationError) -> str:
    problems = []
    for problem in error.errors(include_input=False, include_url=False, include_context=False)[:5]:
        where = ".".join(str(step) for step in problem["loc"]) or name
        problems.append(f"{where}: {problem['msg']}")
    return f"{name}: " + "; ".join(problems)
