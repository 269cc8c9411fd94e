"""`--close-all` fired only what was due within 20 days, though a catalogue may set a longer silence (product.md R1)."""

from schemas.record import Record
from schemas.topics import CONVERSATIONS, SCORED
from streams.core.catalogue import parse_catalogue
from streams.runtime.analysis import analyze
from streams.runtime.recording import Recorded
from streams.runtime.scored_log import TextScorer
from tests.conversations import START_MS, catalogue_files, utterance


def no_scorer() -> TextScorer:
    raise AssertionError("a recording of cx.scored needs no scorer")


def closed(silence_minutes: int) -> list[bytes | None]:
    files = catalogue_files()
    files["timing.yaml"] = files["timing.yaml"].replace("webchat: 60", f"webchat: {silence_minutes}")
    catalogue = parse_catalogue(files)
    record: Record = utterance("m1", cues=("repeat_contact",)).changed(catalogue=catalogue.digest)
    recording = [Recorded(SCORED, b"c1", record.encode(), START_MS)]
    outputs = analyze(
        recording, scorer=no_scorer, catalogue=catalogue.digest, catalogue_of=lambda _: catalogue, close_all=True
    )
    return [output.value for output in outputs if output.topic == CONVERSATIONS]


def test_every_silence_that_a_catalogue_may_set_closes() -> None:
    for minutes in (60, 40 * 24 * 60, 100_000):
        assert len(closed(minutes)) == 1, minutes
