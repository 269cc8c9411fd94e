"""Golden recordings: every bundled conversation as the model scored it once, and what the core made of it.

`cx.scored` is kept so that the goldens do not depend on the processor that runs a test: from there on every machine
gives the same bytes. Run as a module it writes them anew: look at the difference before committing it.
"""

from collections.abc import Iterator
from pathlib import Path

from schemas.topics import SCORED
from streams.agents.scoring import LoadedScorer, load
from streams.config import load_config
from streams.runtime.analysis import analyze
from streams.runtime.catalogues import CatalogueShelf
from streams.runtime.recording import Recorded, encode, read, write

FOLDER = Path(__file__).parent / "golden"
RECORDINGS = Path(__file__).parents[2] / "streams" / "demo" / "recordings"


def names() -> list[str]:
    return sorted(path.stem for path in RECORDINGS.glob("*.jsonl"))


def scored_path(name: str) -> Path:
    return FOLDER / f"{name}.scored.jsonl.gz"


def outputs_path(name: str) -> Path:
    return FOLDER / f"{name}.outputs.jsonl"


class Analyst:
    """Analyses recordings; the model is loaded at the first one that needs it."""

    def __init__(self) -> None:
        self._shelf = CatalogueShelf(None, None)
        self._scorer: LoadedScorer | None = None

    def __call__(self, path: Path) -> Iterator[Recorded]:
        return analyze(
            read(path),
            scorer=self._loaded,
            catalogue=self._shelf.digest,
            catalogue_of=self._shelf.by_digest,
            close_all=True,
        )

    def _loaded(self) -> LoadedScorer:
        if self._scorer is None:
            self._scorer = load(load_config({}))
        return self._scorer


def as_bytes(records: Iterator[Recorded] | list[Recorded]) -> bytes:
    return b"".join(map(encode, records))


def main() -> None:
    analyst = Analyst()
    FOLDER.mkdir(exist_ok=True)
    for stale in FOLDER.iterdir():
        stale.unlink()
    for name in names():
        records = list(analyst(RECORDINGS / f"{name}.jsonl"))
        write(scored_path(name), [record for record in records if record.topic == SCORED])
        write(outputs_path(name), list(analyst(scored_path(name))))
        print(name, len(records))


if __name__ == "__main__":
    main()
