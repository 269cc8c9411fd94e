import io
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from streams.cli.application import make_app
from streams.cli.json_lines import blocks
from streams.cli.scoring import FIELDS

LEXICON = ("--runtime", "lexicon")


def run(*arguments: str, stdin: str | None = None) -> tuple[int, list[dict[str, Any]], str]:
    result = CliRunner().invoke(make_app(), ["score", *LEXICON, *arguments], input=stdin)
    return result.exit_code, [orjson.loads(line) for line in result.stdout.splitlines()], result.stderr


def test_one_text_gives_one_line_with_every_field_in_order() -> None:
    status, answers, _ = run("--text", "This is a disgrace, I am furious. My claim 3322 is still open")
    assert status == 0
    assert [tuple(answer) for answer in answers] == [FIELDS]
    assert answers[0]["sentiment"] == "negative"
    assert answers[0]["case_refs"][0]["value"] == "3322"


def test_personal_data_does_not_come_out() -> None:
    _, answers, _ = run("--text", "my card is 4111 1111 1111 1111")
    assert "4111" not in orjson.dumps(answers).decode()


def test_a_file_is_answered_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    file.write_text('{"text": "gracias"}\n\n{"text": "I am furious", "language": "en"}')
    status, answers, _ = run(str(file))
    assert status == 0
    assert [answer["masked_text"] for answer in answers] == ["gracias", "I am furious"]


def test_bad_lines_are_named_and_the_others_answered() -> None:
    lines = ['{"text": "one"}', "not json", "[]", '{"text": 4}', '{"text": "x", "language": 1}', '{"text": "two"}']
    status, answers, err = run("-", stdin="\n".join(lines))
    assert status == 1
    assert [answer.get("masked_text", answer.get("error")) for answer in answers] == [
        "one",
        "line 2: not JSON",
        "line 3: not a JSON object with `text`",
        "line 4: `text` is missing or is no string",
        "line 5: `language` is no string",
        "two",
    ]
    assert "4 of 6 lines" in err


def test_a_score_does_not_depend_on_the_lines_around_it() -> None:
    texts = [f"I am furious about order {number}" for number in range(40)]
    _, together, _ = run("-", stdin="\n".join(orjson.dumps({"text": text}).decode() for text in texts))
    _, alone, _ = run("--text", texts[17])
    assert together[17] == alone[0]


@pytest.mark.parametrize("arguments", [(), ("--text", "a", "-")])
def test_text_or_file_must_be_given_and_not_both(arguments: tuple[str, ...]) -> None:
    status, answers, err = run(*arguments)
    assert (status, answers) == (1, [])
    assert "--text" in err


def test_lines_are_given_as_soon_as_they_are_whole() -> None:
    class Slow:
        def __init__(self, *parts: bytes) -> None:
            self.parts = list(parts)

        def read1(self, _size: int, /) -> bytes:
            return self.parts.pop(0) if self.parts else b""

    assert list(blocks(Slow(b"a\nb", b"c\n", b"d"))) == [[b"a"], [b"bc"], [b"d"]]
    assert list(blocks(io.BytesIO(b""))) == []
