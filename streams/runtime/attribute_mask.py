"""Masks free attributes: names and values, within a bound, as nobody knows what stands in them."""

from collections.abc import Callable
from typing import Any, Final

_CODE_POINTS: Final = 16_000


class AttributeMask:
    """Masks one record's attributes. Masking takes time with every character, so what goes over a bound is cut.

    Attributes:
        cut: whether something was.
    """

    def __init__(self, mask: Callable[[str], str]) -> None:
        self._mask = mask
        self._left = _CODE_POINTS
        self.cut = False

    def text(self, value: str) -> str:
        """The text masked, cut where the bound of the record is reached."""
        if len(value) > self._left:
            value, self.cut = value[: self._left], True
        self._left -= len(value)
        return self._mask(value) if value else value

    def __call__(self, value: Any) -> Any:
        """The same structure with every string and every long number in it masked."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, int) and not isinstance(value, bool):
            # A phone or card number may come as a number too.
            digits = str(value)
            masked = self.text(digits)
            return value if masked == digits else masked
        if isinstance(value, dict):
            return {self.text(name): self(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self(part) for part in value]
        return value
