"""Where models come from: the shipped folder or a given one, its digest, and a scorer made of it."""

import argparse
import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from models.errors import ArtifactError, RuntimeUnavailableError
from models.language import LanguageIdentifier
from models.lexicon import LexiconSet
from models.protocol import Runtime
from models.scorer import Scorer

RuntimeName = Literal["onnx", "openvino", "torch", "lexicon"]
RUNTIMES: Final[tuple[RuntimeName, ...]] = ("onnx", "openvino", "torch", "lexicon")
SHIPPED: Final = Path(__file__).parent / "weights"
LEXICONS: Final = Path(__file__).parent / "lexicons"
LANGUAGE_TABLE: Final = LEXICONS / "language.npz"
DIGEST_FILE: Final = "digest.txt"
REQUIRED_FILES: Final = ("model.onnx", "tokenizer.json", "model.json")
_POINTER: Final = b"version https://git-lfs"


@dataclass(frozen=True, slots=True)
class ScorerSettings:
    """What a scorer is made of.

    `model` is a folder (onnx, openvino, torch) or a hub name (torch); None is the shipped model. `threads` are the
    model's own (0: one a physical core). `lexicons` are folders laid over the bundled lexicons.
    """

    runtime: RuntimeName = "onnx"
    model: str | None = None
    threads: int = 0
    lexicons: tuple[Path, ...] = ()


def digest_of(folder: Path) -> str:
    """Hex SHA-256 over names and contents of the files in a model folder (its recorded digest and dot files
    left out).
    """
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != DIGEST_FILE and not name.startswith("."):
            with path.open("rb") as content:
                total.update(f"{name}\0{hashlib.file_digest(content, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


def verify(folder: Path = SHIPPED) -> str:
    """Check that a folder is a whole model and return its digest.

    Raises ArtifactError when a file is absent or a git-lfs pointer, or the content is not what `digest.txt`
    recorded.
    """
    for path in (*(folder / name for name in REQUIRED_FILES), *sorted(folder.glob("*.onnx"))):
        if not path.is_file():
            message = f"{path} is missing; restore the model folder or name another with --model"
            raise ArtifactError(message)
        with path.open("rb") as content:
            if content.read(len(_POINTER)) == _POINTER:
                message = f"{path} is a git-lfs pointer, not the file; run `git lfs pull`"
                raise ArtifactError(message)
    digest = digest_of(folder)
    recorded = folder / DIGEST_FILE
    if recorded.is_file() and (expected := recorded.read_text("ascii").strip()) != digest:
        message = (
            f"{folder} has digest {digest[:12]}, recorded is {expected[:12]}: it was changed or damaged; restore it"
        )
        raise ArtifactError(message)
    return digest


def load_runtime(settings: ScorerSettings) -> Runtime:
    """Load the runtime that `settings` names; raises ModelError of the kind that says what to do."""
    if settings.runtime == "lexicon":
        from models.runtimes.lexicon import LexiconRuntime  # noqa: PLC0415 - only the asked runtime is loaded

        return LexiconRuntime(LexiconSet.load(LEXICONS, *settings.lexicons))
    if settings.runtime == "torch":
        from models.runtimes.torch import TorchRuntime  # noqa: PLC0415 - as above

        if settings.model is None:
            message = (
                "the torch runtime needs a model: a Hugging Face sequence-classification folder or hub name (--model)"
            )
            raise RuntimeUnavailableError(message)
        return TorchRuntime.load(settings.model, threads=settings.threads)
    folder = Path(settings.model) if settings.model is not None else SHIPPED
    if settings.runtime == "openvino":
        from models.runtimes.openvino import OpenvinoRuntime  # noqa: PLC0415 - as above

        return OpenvinoRuntime(folder, digest=verify(folder), threads=settings.threads)
    from models.runtimes.onnx import OnnxRuntime  # noqa: PLC0415 - as above

    return OnnxRuntime(folder, digest=verify(folder), threads=settings.threads)


def load_scorer(settings: ScorerSettings | None = None) -> Scorer:
    """A scorer with the bundled language table and lexicons around the runtime that `settings` names."""
    settings = settings or ScorerSettings()
    return Scorer(
        load_runtime(settings),
        language=LanguageIdentifier.load(LANGUAGE_TABLE),
        lexicons=LexiconSet.load(LEXICONS, *settings.lexicons),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the digest of a model folder after checking it; `--record` writes it beside the weights."""
    parser = argparse.ArgumentParser(prog="python -m models.registry", description=main.__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=SHIPPED)
    parser.add_argument("--record", action="store_true", help=f"write the digest to {DIGEST_FILE}")
    options = parser.parse_args(arguments)
    if options.record:
        (options.folder / DIGEST_FILE).unlink(missing_ok=True)
    try:
        digest = verify(options.folder)
    except ArtifactError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if options.record:
        (options.folder / DIGEST_FILE).write_text(f"{digest}\n", "ascii")
    sys.stdout.write(f"{digest}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
