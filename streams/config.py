"""One frozen, validated configuration, read once: environment over file over defaults."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from streams.kafka.security import Security, SecurityError
from streams.topics import TopicSpec, topic_list

PREFIX: Final = "PEAKEND_"
FILE_VARIABLE: Final = "PEAKEND_CONFIG"


class ConfigError(ValueError):
    """The configuration is not usable; the message names the setting, what is wrong and what it can be."""


Seconds = Annotated[float, Field(gt=0)]
RuntimeChoice = Literal["onnx", "openvino", "torch", "lexicon"]


class Config(BaseModel):
    """Everything a worker or tool needs to know; `peakend worker` prints it, without secrets, at its start."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True)

    bootstrap: str = Field("localhost:9092", description="Kafka bootstrap servers: host:port, comma-separated")
    security: Security = Field(default_factory=Security, description="from the KAFKA_* variables")
    topic_prefix: str = Field("", pattern=r"^[A-Za-z0-9._-]*$", description="put before every topic and group name")
    partitions: int = Field(4, ge=1, description="partitions of the input topics and of cx.scored")
    replication_factor: int = Field(1, ge=1, description="replicas of topics that we create")

    runtime: RuntimeChoice = Field("onnx", description="what scores texts")
    model: str | None = Field(None, description="model folder or hub name; the shipped one if not given")
    model_threads: int = Field(0, ge=0, description="threads of the model; 0: one a physical core")
    lexicons: tuple[Path, ...] = Field((), description="folders with charged phrases laid over the bundled ones")
    catalogue: Path | None = Field(None, description="folder with rule files laid over the bundled ones")
    catalogue_archive: Path | None = Field(None, description="folder that keeps every catalogue by its digest")
    prosody: Literal["off", "customer"] = Field(
        "off", description="whose voice features may move arousal (biometric inference: the law may forbid it)"
    )
    tenant: str | None = Field(None, description="tenant of records that name none")
    industry: str | None = Field(None, description="industry of records that name none")

    batch_texts: int = Field(64, ge=1, le=1024, description="texts in one call of the model, at most")
    linger_seconds: float = Field(0.005, ge=0, le=1, description="how long a call of the model waits for company")
    degrade_after_seconds: Seconds | None = Field(
        None, description="age at which the lexicon answers instead of the model; not set: never"
    )
    max_in_flight: int = Field(2_000, ge=1, description="records read and not yet done, for each stage")
    dlq_max_ratio: float = Field(0.9, gt=0, le=1, description="share of bad records at which the worker halts")

    session_timeout_seconds: float = Field(45.0, ge=6, description="group session; a frozen worker is gone after it")
    stall_seconds: float = Field(90.0, ge=10, description="without progress for so long the worker starts again")
    metrics_host: str = Field("127.0.0.1", description="where metrics and probes are served")
    metrics_port: int = Field(9464, ge=0, le=65535, description="0: a free one, printed")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="of our log")

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.runtime == "torch" and self.model is None:
            raise ValueError("runtime torch needs `model`: a folder or hub name")
        return self

    def topic(self, name: str) -> str:
        """The name of a topic here."""
        return self.topic_prefix + name

    def topics(self) -> tuple[TopicSpec, ...]:
        """Every topic as this installation declares it; all that take part in the flow have `partitions`."""
        flow = [spec.name for spec in topic_list() if spec.co_partition is not None]
        return topic_list(self.topic_prefix, dict.fromkeys(flow, self.partitions))

    @property
    def score_group(self) -> str:
        """Consumer group of the score stage."""
        return self.topic_prefix + "peakend-score"

    @property
    def state_group(self) -> str:
        """Consumer group of the conversation stage."""
        return self.topic_prefix + "peakend-state"

    def told(self) -> dict[str, Any]:
        """Setting names and values for people; secrets are not in it."""
        return {name: getattr(self, name) for name in type(self).model_fields}


def load_config(environment: Mapping[str, str] | None = None, **overrides: object) -> Config:
    """Reads the configuration.

    PEAKEND_<NAME> in the environment wins over the TOML file that PEAKEND_CONFIG names, which wins over the defaults;
    KAFKA_BOOTSTRAP and the other KAFKA_* variables say how to reach the broker. `overrides` win over all; None is none.

    Raises:
        ConfigError: a setting is unknown or not usable, all of them in one message.
    """
    given = dict(os.environ if environment is None else environment)
    settings: dict[str, Any] = _from_file(given.get(FILE_VARIABLE))
    for name, value in given.items():
        if name.startswith(PREFIX) and name not in _OTHERS and value:
            settings[name.removeprefix(PREFIX).lower()] = value
    if given.get("KAFKA_BOOTSTRAP"):
        settings["bootstrap"] = given["KAFKA_BOOTSTRAP"]
    settings |= {name: value for name, value in overrides.items() if value is not None}
    if isinstance(settings.get("lexicons"), str):
        settings["lexicons"] = tuple(part for part in settings["lexicons"].split(os.pathsep) if part)
    try:
        settings["security"] = Security.from_mapping(given)
        return Config(**settings)
    except SecurityError as error:
        raise ConfigError(str(error)) from error
    except ValidationError as error:
        raise ConfigError(_explain(error)) from None


# Variables of ours that are no settings of `Config`.
_OTHERS: Final = frozenset({FILE_VARIABLE, "PEAKEND_CACHE"})


def _from_file(path: str | None) -> dict[str, Any]:
    if not path:
        return {}
    try:
        with Path(path).open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"{FILE_VARIABLE} names {path}, which cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error


def _explain(error: ValidationError) -> str:
    problems = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        name = ".".join(str(part) for part in problem["loc"][:1])
        if problem["type"] == "extra_forbidden":
            problems.append(f"{name}: no such setting (known: {', '.join(sorted(Config.model_fields))})")
        else:
            problems.append(f"{name or 'configuration'}: {problem['msg']}")
    return "configuration: " + "; ".join(problems)
