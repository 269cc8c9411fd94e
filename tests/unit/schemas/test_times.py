import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.times import epoch_ms, rfc3339


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_every_millisecond_survives(moment: int) -> None:
    assert epoch_ms(rfc3339(moment)) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01t00:00:00.1239z", 123),
        ("2026-03-02T09:00:00.5-03:00", 1_772_452_800_500),
    ],
)
def test_reads_offsets_and_fractions(text: str, moment: int) -> None:
    assert epoch_ms(text) == moment


@pytest.mark.parametrize("text", ["", "now", "2026-03-02", "2026-03-02T09:00:00", "2026-02-30T00:00:00Z", "1772452800"])
def test_refuses_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match=r"RFC 3339|day|month"):
        epoch_ms(text)
