"""The peak-end rule as published fields (product.md M3), formula `peak-end/1`.

peak_negative and peak_positive are the lowest and highest customer valence (null if none below or above 0); end is the
mean of the last two customer turns that are not formulas; composite is the mean of end and the peak with the larger
|value| (ties: negative), or one of them alone if the other is null.
"""

from typing import Final, NamedTuple

from streams.core.turn import Turn

_IDS_KEPT: Final = 3


class Curve(NamedTuple):
    """What the valence curve of a conversation has come to."""

    low: float
    low_ids: tuple[str, ...]
    high: float
    high_ids: tuple[str, ...]
    last: tuple[float, ...]


EMPTY_CURVE: Final = Curve(0.0, (), 0.0, (), ())


def curve_after(curve: Curve, turn: Turn) -> Curve:
    """The curve after a turn; only final customer turns with a valence that the scorer stands by move it."""
    if turn.role != "customer" or not turn.final or turn.valence is None or turn.abstain:
        return curve
    valence = turn.valence
    low, low_ids = _extreme(curve.low, curve.low_ids, valence, turn.message_id, deeper=valence < curve.low)
    high, high_ids = _extreme(curve.high, curve.high_ids, valence, turn.message_id, deeper=valence > curve.high)
    last = curve.last if turn.has_cue("formula") else (*curve.last[-1:], valence)
    return Curve(low, low_ids, high, high_ids, last)


def _extreme(
    value: float, ids: tuple[str, ...], valence: float, message_id: str, *, deeper: bool
) -> tuple[float, tuple[str, ...]]:
    if deeper:
        return valence, (message_id,)
    if valence == value and ids and len(ids) < _IDS_KEPT:
        return value, (*ids, message_id)
    return value, ids


def end_of(curve: Curve) -> float | None:
    """Mean valence of the last two customer turns that are not formulas; of the last one if there is only one."""
    return round(sum(curve.last) / len(curve.last), 4) if curve.last else None


def composite_of(curve: Curve) -> float | None:
    """Mean of end and the larger peak, in [-1, 1]; None if the customer said nothing that has a valence."""
    end = end_of(curve)
    peak = None
    if curve.low_ids or curve.high_ids:
        peak = curve.low if -curve.low >= curve.high else curve.high
    if end is None or peak is None:
        return peak if end is None else end
    return round((end + peak) / 2, 4)
