"""Headers of what peakend writes: CloudEvents 1.0 in binary mode, and the W3C trace context passed on."""

from typing import Final

import orjson

TRACEPARENT: Final = "traceparent"


def output_headers(topic: str, subject: str, value: bytes, traceparent: bytes | None) -> list[tuple[str, bytes]]:
    """Headers of an output record; `ce_id` is its `record_id`, by which readers drop repeats."""
    record = orjson.loads(value)
    headers = [
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_id", str(record["record_id"]).encode()),
        ("ce_source", b"/peakend"),
        ("ce_type", f"peakend.{topic}".encode()),
        ("ce_subject", subject.encode()),
    ]
    moment = record.get("at") or record.get("ended_at")
    if moment is not None:
        headers.append(("ce_time", str(moment).encode()))
    if traceparent is not None:
        headers.append((TRACEPARENT, traceparent))
    return headers
