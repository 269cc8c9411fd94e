from pathlib import Path

import pytest
from typer.testing import CliRunner

from schemas.topics import CONVERSATIONS, MOMENTS, SCORED
from streams.cli.application import make_app
from streams.demo.bundled import bundled_recordings
from streams.runtime.recording import read


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(make_app(), ["analyze", "--runtime", "lexicon", *arguments])
    return result.exit_code, result.stderr


@pytest.fixture
def recording() -> Path:
    return next(path for path in bundled_recordings() if "third-contact" in path.name)


def test_a_recording_comes_out_as_everything_downstream_and_twice_the_same(recording: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    status, err = run(str(recording), "-o", str(first))
    assert status == 0
    assert run(str(recording), "-o", str(second))[0] == 0
    assert first.read_bytes() == second.read_bytes()
    topics = {record.topic for record in read(first)}
    assert {SCORED, CONVERSATIONS} <= topics
    assert f"1 {CONVERSATIONS}" in err


def test_the_scored_log_gives_what_the_raw_recording_gave(recording: Path, tmp_path: Path) -> None:
    raw, again = tmp_path / "raw.jsonl", tmp_path / "again.jsonl"
    run(str(recording), "-o", str(raw))
    scored = tmp_path / "scored.jsonl"
    scored.write_bytes(b"".join(line for line in raw.read_bytes().splitlines(keepends=True) if SCORED.encode() in line))
    assert run(str(scored), "-o", str(again))[0] == 0

    def outputs(path: Path) -> list[tuple[str, bytes | None]]:
        return [(record.topic, record.value) for record in read(path) if record.topic != SCORED]

    assert outputs(again) == outputs(raw)
    assert MOMENTS in {topic for topic, _ in outputs(raw)}


def test_what_is_open_closes_only_when_told(tmp_path: Path) -> None:
    recording = next(path for path in bundled_recordings() if "undelivered-fridge" in path.name)
    left, closed = tmp_path / "left.jsonl", tmp_path / "closed.jsonl"
    run(str(recording), "-o", str(left))
    run(str(recording), "-o", str(closed), "--close-all")
    assert CONVERSATIONS not in {record.topic for record in read(left)}
    assert CONVERSATIONS in {record.topic for record in read(closed)}


def test_a_file_that_is_no_recording_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text("{}\n")
    status, err = run(str(file))
    assert status == 1
    assert err.startswith(f"peakend: {file}, line 1: ")
