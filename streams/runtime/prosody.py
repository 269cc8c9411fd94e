"""Voice features fused into arousal, when their use is switched on (product.md U8).

Pitch, loudness and pace rise with activation, whatever the feeling (Scherer 2003, "Vocal communication of emotion";
Juslin & Laukka 2003). So they move `arousal` only: sentiment, emotions and intensity stay those of the words. How far
they move it (`PULL`) is a choice, not a fit: the project has no labelled voice data.

Emotion from voice is biometric inference (EU AI Act): customers' voices are used only where `prosody = "customer"` is
set, and those of agents and bots never.
"""

import math
from typing import Final, Literal

from schemas.inputs import Prosody, TranscriptSegment

Use = Literal["off", "customer"]

PULL: Final = 0.5
"""Logits of arousal for one standard deviation above the speaker's own baseline."""
LIMIT: Final = 3.0
"""Standard deviations beyond which a feature says no more; a fault of the microphone must not shout."""
_DECIMALS: Final = 4
_EDGE: Final = 1e-3


def activation(prosody: Prosody) -> float | None:
    """Mean of the features that are there, each cut at `LIMIT`, in standard deviations; None if there is none."""
    features = [value for value in (prosody.pitch, prosody.energy, prosody.rate) if value is not None]
    if not features:
        return None
    return sum(max(-LIMIT, min(LIMIT, value)) for value in features) / len(features)


def fused(arousal: float, prosody: Prosody) -> float:
    """`arousal` in [0, 1] moved by the voice: logit(arousal) + PULL x activation, back in [0, 1]."""
    moved = activation(prosody)
    if moved is None:
        return arousal
    bounded = max(_EDGE, min(1 - _EDGE, arousal))
    return round(1 / (1 + math.exp(-(math.log(bounded / (1 - bounded)) + PULL * moved))), _DECIMALS)


def usable(record: object, use: Use) -> Prosody | None:
    """The features that may be used of a record: of a customer's speech, and only where their use is switched on."""
    if use == "off" or not isinstance(record, TranscriptSegment) or record.role != "customer":
        return None
    return record.prosody if record.prosody is not None and activation(record.prosody) is not None else None
