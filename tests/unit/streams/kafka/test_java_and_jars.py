from pathlib import Path

import pytest

from streams.kafka.cache import cache_folder
from streams.kafka.jars import JarsError, broker_jars
from streams.kafka.java import JavaError, find_java


def _runtime(home: Path, version: str) -> Path:
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").touch()
    (home / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return home


def test_the_bundled_runtime_is_found_without_settings() -> None:
    java = find_java({})
    assert java.program.is_file()
    assert java.major is not None
    assert java.major >= 17


def test_java_home_wins(tmp_path: Path) -> None:
    home = _runtime(tmp_path / "jdk", "21.0.4")
    java = find_java({"JAVA_HOME": str(home)})
    assert (java.home, java.major) == (home, 21)


def test_a_java_home_that_does_not_do_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JavaError, match="no bin/java"):
        find_java({"JAVA_HOME": str(tmp_path)})
    old = _runtime(tmp_path / "old", "1.8.0_402")
    with pytest.raises(JavaError, match="Java 8, the broker needs 17"):
        find_java({"JAVA_HOME": str(old)})


def test_the_cache_is_outside_the_repository_and_can_be_moved(tmp_path: Path) -> None:
    assert cache_folder({"PEAKEND_CACHE": str(tmp_path)}) == tmp_path
    assert not cache_folder({}).is_relative_to(Path.cwd())


def test_a_download_without_a_network_says_what_to_do_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    lines: list[str] = []
    with pytest.raises(JarsError, match="KAFKA_BOOTSTRAP"):
        broker_jars(tmp_path, lines.append)
    assert "looking up the jars" in lines[0]
    assert [path.name for path in (tmp_path / "broker").iterdir()] == [".lock"]
