import errno

import typer
from aiokafka.errors import TopicAuthorizationFailedError

from streams.cli.failure import EXIT_UNEXPECTED, explain
from streams.config import ConfigError
from streams.runtime.failures import EXIT_HALTED, Halt


def test_an_error_of_ours_is_told_as_it_is() -> None:
    failure = explain(ConfigError("partitions: must be 1 or more"))
    assert failure is not None
    assert (failure.message, failure.status) == ("partitions: must be 1 or more", 1)


def test_a_halt_has_the_status_that_is_not_started_again() -> None:
    failure = explain(Halt("topics are missing"))
    assert failure is not None
    assert failure.status == EXIT_HALTED


def test_a_file_error_names_the_file() -> None:
    failure = explain(PermissionError(errno.EACCES, "Permission denied", "out.jsonl"))
    assert failure is not None
    assert failure.message == "out.jsonl: Permission denied"


def test_an_error_of_the_broker_is_told_as_one() -> None:
    failure = explain(TopicAuthorizationFailedError("cx.scored"))
    assert failure is not None
    assert failure.message.startswith("Kafka refused: TopicAuthorizationFailedError")


def test_of_an_unexpected_error_only_the_type_is_told() -> None:
    failure = explain(KeyError("what the customer wrote"))
    assert failure is not None
    assert failure.status == EXIT_UNEXPECTED
    assert "KeyError" in failure.message
    assert "customer" not in failure.message


def test_what_is_the_command_lines_own_passes() -> None:
    assert explain(typer.BadParameter("no")) is None
    assert explain(BrokenPipeError(errno.EPIPE, "Broken pipe")) is None
