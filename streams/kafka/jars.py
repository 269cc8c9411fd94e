"""The jars of Apache Kafka, resolved once by jgo into a cache, found again by a look at one file."""

import hashlib
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from streams.kafka.cache import exclusive

if TYPE_CHECKING:
    from jgo.maven import Artifact, MavenContext

COORDINATES: Final = ("org.apache.kafka:kafka_2.13:4.3.0", "org.apache.kafka:kafka-tools:4.3.0")
_LOG_CORE: Final = "org.apache.logging.log4j:log4j-core"
_LOG_BINDING: Final = "org.apache.logging.log4j:log4j-slf4j-impl"
_MARKER: Final = "classpath.json"
_PARALLEL_DOWNLOADS: Final = 8
_TIMEOUT_SECONDS: Final = 30

Progress = Callable[[str], None]
"""Takes one line of text for people."""


class JarsError(RuntimeError):
    """The broker's jars cannot be had; the message says what to do."""


@dataclass(frozen=True, slots=True)
class BrokerJars:
    """The jars of one Kafka release, in `folder`, in the order of the class path."""

    folder: Path
    names: tuple[str, ...]

    @property
    def classpath(self) -> str:
        """Value of Java's `-cp`."""
        return ":".join(str(self.folder / name) for name in self.names)


def broker_jars(cache: Path, progress: Progress) -> BrokerJars:
    """The jars from `cache`; downloads them (about 55 MB) if they are not all there.

    Nothing is asked of the network when they are there. Concurrent callers wait for the one that downloads.

    Raises:
        JarsError: the download failed, or jgo is not installed.
    """
    folder = cache / "broker" / f"kafka-{_key(COORDINATES)}"
    present = _present(folder)
    if present is not None:
        return present
    with exclusive(cache / "broker" / ".lock"):
        present = _present(folder)  # by another process, while this one waited
        if present is not None:
            return present
        staging = folder.with_suffix(".part")
        # Under the lock what lies there is what an interrupted download left.
        shutil.rmtree(staging, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        try:
            _download(staging, progress)
            staging.rename(folder)
        except OSError as error:  # requests' errors are OSErrors too
            raise JarsError(_advice(error)) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    present = _present(folder)
    if present is None:
        raise JarsError(f"the broker's jars in {folder} vanished after the download; start again")
    return present


def _present(folder: Path) -> BrokerJars | None:
    """What the marker lists, if every file has the size it says."""
    try:
        sizes: dict[str, int] = orjson.loads((folder / _MARKER).read_bytes())
        complete = all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, orjson.JSONDecodeError):
        return None
    return BrokerJars(folder, tuple(sizes)) if complete else None


def _download(staging: Path, progress: Progress) -> None:
    try:
        from jgo.maven import MavenContext  # noqa: PLC0415 - slow to import, needed once
    except ImportError as error:
        raise JarsError(
            "the embedded broker needs the package jgo: install peakend[broker], "
            "or name a broker that is there by KAFKA_BOOTSTRAP"
        ) from error
    repository = staging / "repository"
    repository.mkdir(parents=True)
    context = MavenContext(repo_cache=repository, timeout=_TIMEOUT_SECONDS)
    progress("Broker: looking up the jars of Apache Kafka (once, about 15 s) ...")
    try:
        artifacts = _resolve(context)
        sizes = _fetch(artifacts, staging, progress)
    except RuntimeError as error:  # what jgo raises for everything that is not there
        raise JarsError(_advice(error)) from error
    shutil.rmtree(repository)
    (staging / _MARKER).write_bytes(orjson.dumps(sizes))


def _resolve(context: "MavenContext") -> "list[Artifact]":
    found, transitive = context.resolver.resolve(_dependencies(context, COORDINATES))
    wanted: list[Any] = [*found, *(item for item in transitive if item.scope in {"compile", "runtime"})]
    # Kafka brings log4j without the slf4j binding. The binding is resolved alone: jgo lets the version table
    # of each coordinate rule over all, and log4j's own names an old kafka-clients.
    versions = {f"{item.groupId}:{item.artifactId}": item.version for item in wanted}
    binding = f"{_LOG_BINDING}:{versions[_LOG_CORE]}"
    found, _ = context.resolver.resolve(_dependencies(context, (binding,)), transitive=False)
    return [item.artifact for item in (*wanted, *found)]


def _dependencies(context: "MavenContext", coordinates: Iterable[str]) -> list[Any]:
    parts = (coordinate.split(":") for coordinate in coordinates)
    return [context.create_dependency(f"{group}:{name}:jar:{version}:compile") for group, name, version in parts]


def _fetch(artifacts: "list[Artifact]", staging: Path, progress: Progress) -> dict[str, int]:
    """Download all; returns name -> bytes in the order of the class path."""
    sizes = dict.fromkeys((artifact.filename for artifact in artifacts), 0)
    total = 0
    with ThreadPoolExecutor(_PARALLEL_DOWNLOADS, thread_name_prefix="jars") as pool:
        downloads = {pool.submit(artifact.resolve): artifact.filename for artifact in artifacts}
        try:
            for done, download in enumerate(as_completed(downloads), start=1):
                name = downloads[download]
                jar = download.result().rename(staging / name)
                sizes[name] = jar.stat().st_size
                total += sizes[name]
                if done % 10 == 0 or done == len(downloads):
                    progress(f"Broker: {done} of {len(downloads)} jars, {total / 1e6:.0f} MB")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return sizes


def _key(coordinates: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(coordinates).encode()).hexdigest()[:12]


def _advice(error: Exception) -> str:
    return (
        f"cannot download the jars of Apache Kafka: {error}. Check the network (HTTPS_PROXY is respected) "
        "and start again, or name a broker that is there by KAFKA_BOOTSTRAP"
    )
