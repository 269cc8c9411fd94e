"""The rule catalogue from disk: the bundled files, a folder laid over them, and an archive of old ones by digest."""

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import orjson

from streams.core.catalogue import Catalogue, CatalogueError, parse_catalogue

_SUFFIX: Final = ".yaml"


def catalogue_files(folder: Path | None) -> dict[str, str]:
    """File name, relative and with `/`, to YAML text: the bundled files, those of `folder` in their place or beside.

    Raises:
        CatalogueError: the folder is not there, or a file cannot be read.
    """
    found = _texts(files("streams") / "catalogue", "")
    if folder is not None:
        if not folder.is_dir():
            raise CatalogueError(folder.name, 1, "no such catalogue folder; correct the setting or create it")
        found |= _texts(folder, "")
    return found


def load_catalogue(folder: Path | None) -> Catalogue:
    """The catalogue in force: the bundled one, with what `folder` holds laid over it.

    Raises:
        CatalogueError: names the file, the line and what to do.
    """
    return parse_catalogue(catalogue_files(folder))


def _texts(place: Traversable, prefix: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for child in place.iterdir():
        name = f"{prefix}{child.name}"
        if child.is_dir():
            found |= _texts(child, f"{name}/")
        elif name.endswith(_SUFFIX):
            try:
                found[name] = child.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise CatalogueError(name, 1, f"cannot be read as UTF-8 text ({error}); correct the file") from None
    return found


class CatalogueArchive:
    """Keeps catalogues by digest in a folder, one file each, so that a replay finds the one that was in force."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, digest: str, content: Mapping[str, str]) -> None:
        """Writes a catalogue's files, once; a reader never sees half of them.

        Raises:
            CatalogueError: the folder cannot be written.
        """
        path = self._path(digest)
        try:
            if path.exists():
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".unfinished")
            unfinished.write_bytes(orjson.dumps(dict(content), option=orjson.OPT_SORT_KEYS))
            unfinished.replace(path)
        except OSError as error:
            raise CatalogueError(
                self._folder.name,
                1,
                f"the catalogue archive cannot be written ({error.strerror}); allow it or choose another",
            ) from None

    def get(self, digest: str) -> Catalogue | None:
        """The catalogue of that digest; None if it was never kept here.

        Raises:
            CatalogueError: the archived file is damaged, or was written by a program that computed other digests.
        """
        path = self._path(digest)
        if not digest.isalnum() or not path.is_file():
            return None
        try:
            content = orjson.loads(path.read_bytes())
            catalogue = parse_catalogue({str(name): str(text) for name, text in content.items()})
        except (orjson.JSONDecodeError, AttributeError):
            raise CatalogueError(path.name, 1, "the archived catalogue is damaged; restore the file") from None
        if catalogue.digest != digest:
            raise CatalogueError(
                path.name, 1, f"the archived catalogue has the digest {catalogue.digest}; restore the file"
            )
        return catalogue

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.json"


class CatalogueShelf:
    """The catalogue in force and, by digest, those that were.

    Args:
        folder: laid over the bundled catalogue; None for the bundled one alone.
        archive: folder of old catalogues, into which the one in force is put; None to keep none.

    Raises:
        CatalogueError: the catalogue in force is wrong, or the archive cannot be written.
    """

    def __init__(self, folder: Path | None, archive: Path | None) -> None:
        content = catalogue_files(folder)
        self.current = parse_catalogue(content)
        self._known = {self.current.digest: self.current}
        self._archive = CatalogueArchive(archive) if archive is not None else None
        if self._archive is not None:
            self._archive.keep(self.current.digest, content)

    @property
    def digest(self) -> str:
        """Digest of the catalogue in force."""
        return self.current.digest

    def by_digest(self, digest: str) -> Catalogue:
        """The catalogue of that digest, or the one in force if that one was not kept.

        Raises:
            CatalogueError: the archived file is damaged.
        """
        known = self._known.get(digest)
        if known is not None:
            return known
        archived = self._archive.get(digest) if self._archive is not None else None
        # An unknown digest is remembered too: each look costs a file access.
        self._known[digest] = archived if archived is not None else self.current
        return self._known[digest]
