"""What `peakend doctor` looks at on this machine: Python, packages, Java, the model, the catalogue."""

import importlib.util
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from models.errors import ModelError, RuntimeUnavailableError
from models.registry import DIGEST_FILE, SHIPPED, ScorerSettings, load_scorer, verify
from models.score import SENTIMENT_HEADS, Request
from streams.cli.findings import Finding, fail, ok, warn
from streams.config import Config
from streams.core.catalogue import CatalogueError
from streams.kafka.java import JavaError, find_java
from streams.runtime.catalogues import CatalogueShelf

_OLDEST_PYTHON: Final = (3, 11)
_NEEDED: Final = ("faust-streaming", "aiokafka", "mode-streaming", "onnxruntime", "tokenizers", "numpy", "orjson")
_COMPILED: Final = "faust._cython.streams"
_RESTORE: Final = "restore it (git checkout models/weights), or set PEAKEND_MODEL"


def python() -> Finding:
    """The interpreter."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < _OLDEST_PYTHON:
        return fail("Python", found, "install Python 3.11 or newer and make the virtual environment again")
    return ok("Python", found)


def packages() -> Finding:
    """What the worker imports."""
    found, missing = [], []
    for name in _NEEDED:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return fail("packages", f"missing: {', '.join(missing)}", "install peakend again: pip install -e .")
    return ok("packages", ", ".join(found))


def compiled_stream() -> Finding:
    """Faust's compiled stream: without it events are acknowledged that nobody processed."""
    what = "Faust, compiled"
    try:
        spec = importlib.util.find_spec(_COMPILED)
    except ModuleNotFoundError:
        spec = None
    if spec is None:
        return fail(what, "the compiled stream is missing", "install the wheel for this platform, or a C compiler")
    return ok(what, "the compiled stream is there")


def java(environment: Mapping[str, str], *, needed: bool) -> Finding:
    """The runtime of the embedded broker; not needed where KAFKA_BOOTSTRAP names one."""
    try:
        found = find_java(environment)
    except JavaError as error:
        if needed:
            return fail("Java", str(error), "pip install 'peakend[broker]'")
        return ok("Java", "none, and none is needed: KAFKA_BOOTSTRAP names a broker")
    return ok("Java", f"{found.major or 'version unknown'} in {found.home}")


def model(config: Config) -> Finding:
    """The model's files against their recorded digest, and whether it loads and answers under every head."""
    try:
        digest = ""
        if config.runtime in {"onnx", "openvino"}:
            folder = Path(config.model) if config.model is not None else SHIPPED
            recorded = (folder / DIGEST_FILE).is_file()
            digest = f"digest {verify(folder)[:12]}, {'as' if recorded else 'none'} recorded; "
        scorer = load_scorer(ScorerSettings(config.runtime, config.model, config.model_threads, config.lexicons))
        # Some of a model is loaded when it is first asked for.
        scorer.score([Request("ok", head=head) for head in SENTIMENT_HEADS])
    except RuntimeUnavailableError as error:
        return fail("model", str(error), "install that extra, or set PEAKEND_RUNTIME=onnx")
    except ModelError as error:
        return fail("model", str(error), _RESTORE)
    except Exception as error:  # noqa: BLE001  (each runtime has errors of its own, of no common kind)
        return fail("model", f"it loads, but cannot answer: {error}", _RESTORE)
    told = f"{digest}{scorer.identity}, heads: {', '.join(sorted(scorer.runtime.heads))}"
    if scorer.runtime.degraded:
        return warn("model", told, "the lexicon stands in for a model: set PEAKEND_RUNTIME=onnx")
    return ok("model", told)


def catalogue(config: Config) -> Finding:
    """The rules as a worker would read them."""
    try:
        shelf = CatalogueShelf(config.catalogue, None)
    except CatalogueError as error:
        return fail("catalogue", str(error), "correct that line; `peakend catalogue check` reads it again")
    if config.catalogue_archive is None:
        return warn(
            "catalogue",
            f"digest {shelf.digest}; old ones are not kept",
            "set PEAKEND_CATALOGUE_ARCHIVE, so that conversations open at a change keep their rules",
        )
    return ok("catalogue", f"digest {shelf.digest}, kept in {config.catalogue_archive}")
