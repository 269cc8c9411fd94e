import subprocess
import sys

import pytest
from typer.testing import CliRunner

from streams.cli.application import COMMANDS, make_app

HEAVY = ("faust", "onnxruntime", "openvino", "torch", "aiokafka", "tokenizers", "numpy")


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(make_app(), list(arguments))
    return result.exit_code, result.stdout, result.stderr


def test_help_lists_every_command() -> None:
    status, out, _ = run("--help")
    assert status == 0
    for name in COMMANDS:
        assert f" {name} " in out


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name: str) -> None:
    status, out, _ = run(name, "--help")
    assert status == 0
    assert "Usage:" in out
    assert "--install-completion" not in out


def test_an_unknown_command_is_a_usage_error_with_a_suggestion() -> None:
    status, _, err = run("wroker")
    assert status == 2
    assert "worker" in err


def test_help_and_small_commands_import_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from streams.cli.application import make_app\n"
        "for arguments in (['--help'], ['metrics'], ['schema', 'export', '--check'], ['catalogue', 'check']):\n"
        "    CliRunner().invoke(make_app(), arguments)\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_error_is_one_line_on_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEAKEND_SPEED_OF_LIGHT", "1")
    status, out, err = run("topics", "list")
    assert (status, out) == (1, "")
    assert err.startswith("peakend: configuration: speed_of_light: no such setting")
    assert err.count("\n") == 1


def test_debug_shows_the_error_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEAKEND_SPEED_OF_LIGHT", "1")
    result = CliRunner().invoke(make_app(), ["--debug", "topics", "list"])
    assert type(result.exception).__name__ == "ConfigError"


def test_a_missing_file_is_named() -> None:
    status, _, err = run("analyze", "nowhere.jsonl")
    assert status == 1
    assert err == "peakend: nowhere.jsonl: No such file or directory\n"
