from pathlib import Path

import pytest

from streams.core.catalogue import CatalogueError
from streams.runtime.catalogues import CatalogueArchive, CatalogueShelf, catalogue_files, load_catalogue

OTHER = "silence_minutes: {voice: 5, branch: 10, webchat: 60, app: 60, whatsapp: 60, sms: 60, social: 60, email: 60, unknown: 60}\nmarker_days: 30\nahead_seconds: 60\n"  # noqa: E501


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    (folder / "tenants").mkdir(parents=True)
    (folder / "timing.yaml").write_text(OTHER, encoding="utf-8")
    (folder / "tenants" / "acme.yaml").write_text("tenant: acme\nindustry_segment: retail\n", encoding="utf-8")
    return folder


def test_a_folder_is_laid_over_the_bundled_files(folder: Path) -> None:
    catalogue = load_catalogue(folder)
    assert catalogue.timing.silence_ms["voice"] == 5 * 60_000
    assert "acme" in catalogue.critical.tenants
    assert catalogue.moments == load_catalogue(None).moments
    assert catalogue.digest != load_catalogue(None).digest


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no such catalogue folder"):
        load_catalogue(tmp_path / "nowhere")


def test_a_file_that_is_no_text_is_an_error(folder: Path) -> None:
    (folder / "timing.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(CatalogueError, match=r"timing\.yaml:1: cannot be read"):
        load_catalogue(folder)


def test_old_catalogues_are_found_by_digest(folder: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    old = CatalogueShelf(folder, archive)
    new = CatalogueShelf(None, archive)
    assert new.by_digest(new.digest) is new.current
    assert new.by_digest(old.digest).timing == old.current.timing
    assert new.by_digest("0123456789ab") is new.current
    assert new.by_digest("../../etc") is new.current


def test_without_an_archive_an_old_digest_gets_the_catalogue_in_force(folder: Path) -> None:
    shelf = CatalogueShelf(None, None)
    assert shelf.by_digest(load_catalogue(folder).digest) is shelf.current


def test_a_damaged_archive_is_an_error(tmp_path: Path) -> None:
    archive = CatalogueArchive(tmp_path)
    archive.keep("0123456789ab", catalogue_files(None))
    with pytest.raises(CatalogueError, match="has the digest"):
        archive.get("0123456789ab")
    (tmp_path / "ba9876543210.json").write_text("{", encoding="utf-8")
    with pytest.raises(CatalogueError, match="damaged"):
        archive.get("ba9876543210")
