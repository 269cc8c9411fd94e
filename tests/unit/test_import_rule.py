"""The import rule of the architecture, held by reading every module's imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# What a place may import of our own packages.
ALLOWED = {
    "schemas": {"schemas"},
    "models": {"schemas", "models"},
    "streams.core": {"schemas", "streams.core"},
    "streams.runtime": {"schemas", "streams.core", "streams.runtime"},
    "streams.topics": set(),
    "streams.kafka": {"schemas", "streams.core", "streams.runtime", "streams.kafka", "streams.topics"},
    "streams.config": {"streams.kafka", "streams.topics"},
    "streams.observability": {"schemas", "streams.core", "streams.runtime", "streams.observability"},
    "streams.console": {
        "schemas",
        "streams.core",
        "streams.runtime",
        "streams.kafka",
        "streams.console",
        "streams.config",
        "streams.topics",
    },
    "streams.agents": {
        "schemas",
        "models",
        "streams.core",
        "streams.runtime",
        "streams.kafka",
        "streams.agents",
        "streams.observability",
        "streams.config",
        "streams.topics",
    },
    "streams.app": None,
    "streams.cli": None,
    "streams.demo": None,
    "streams": set(),
}
# Who may import what of others' packages.
RESTRICTED = {
    "faust": ("streams.agents", "streams.app"),
    "mode": ("streams.agents", "streams.app"),
    "aiokafka": ("streams.kafka", "streams.console"),
    "torch": ("models.runtimes", "models.train", "models.export"),
    "transformers": ("models.runtimes", "models.train", "models.export"),
    "onnxruntime": ("models.runtimes", "models.train", "models.export"),
    "openvino": ("models.runtimes",),
}
PURE = (
    "asyncio",
    "socket",
    "threading",
    "subprocess",
    "time",
    "random",
    "os",
    "pathlib",
    "logging",
    "secrets",
    "urllib",
    "http",
)


def modules() -> Iterator[tuple[str, Path]]:
    for package in ("schemas", "models", "streams"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            yield node.module or ""


def inside(module: str, place: str) -> bool:
    return module == place or module.startswith(place + ".")


@pytest.mark.parametrize(("module", "path"), [pytest.param(*entry, id=entry[0]) for entry in modules()])
def test_imports_only_what_its_place_allows(module: str, path: Path) -> None:
    place = max((place for place in ALLOWED if inside(module, place)), key=len)
    allowed = ALLOWED[place]
    for imported in imports(path):
        if allowed is not None and imported.split(".")[0] in {"schemas", "models", "streams"}:
            assert any(inside(imported, other) for other in allowed), f"{module} imports {imported}"
        for package, places in RESTRICTED.items():
            if inside(imported, package):
                assert any(inside(module, other) for other in places), f"{module} imports {imported}"
        if inside(module, "streams.core"):
            assert imported.split(".")[0] not in PURE, f"the core is pure, {module} imports {imported}"


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=module) for module, path in modules() if inside(module, "streams.core")]
)
def test_the_core_reads_no_clock_and_no_chance(path: Path) -> None:
    called = {
        f"{node.func.value.id}.{node.func.attr}"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
    }
    assert not called & {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "uuid.uuid4", "uuid.uuid1"}
