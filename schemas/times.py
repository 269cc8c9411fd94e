"""RFC 3339 timestamps on the wire, epoch milliseconds inside."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, Field

_RFC3339: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def epoch_ms(timestamp: str) -> int:
    """Milliseconds since 1970-01-01 UTC of an RFC 3339 `timestamp`, fractions of a millisecond cut.

    Raises:
        ValueError: the text is not an RFC 3339 date-time with an offset.
    """
    if _RFC3339.fullmatch(timestamp) is None:
        raise ValueError("not an RFC 3339 date-time with an offset, such as 2026-03-01T09:30:00Z")
    moment = datetime.fromisoformat(timestamp.upper().replace(" ", "T"))
    return (moment - _EPOCH) // _MILLISECOND


def rfc3339(epoch_milliseconds: int) -> str:
    """The UTC timestamp of `epoch_milliseconds`, always with three decimals and a `Z`.

    Raises:
        OverflowError: outside the years 1 to 9999.
    """
    moment = _EPOCH + timedelta(milliseconds=epoch_milliseconds)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _checked(timestamp: str) -> str:
    try:
        rfc3339(epoch_ms(timestamp))
    except OverflowError:
        raise ValueError("outside the years 1 to 9999 in UTC") from None
    return timestamp


Timestamp = Annotated[str, AfterValidator(_checked), Field(json_schema_extra={"format": "date-time"})]
"""A record field holding an RFC 3339 date-time; the text is kept as it came."""
