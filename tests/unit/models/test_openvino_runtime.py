"""The shipped model through OpenVINO: the same answers as through onnxruntime, whatever stands beside a text."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.batching import LADDER
from models.errors import ArtifactError, RuntimeUnavailableError
from models.protocol import Logits, PreparedBatch, Runtime, Window
from models.registry import SHIPPED, ScorerSettings, load_runtime, verify
from models.runtimes.onnx import OnnxRuntime
from models.runtimes.openvino import OpenvinoRuntime, Precision
from tests.extras import needs_openvino
from tests.tiny_models import write_onnx_artifact

SAYINGS = (
    "llevo tres semanas esperando y nadie me contesta",
    "moltes gràcies, m'ho heu solucionat de seguida",
    "I want to cancel my contract today",
    "o técnico não apareceu outra vez",
    "vale",
    "estic farta, tío, otra vez lo mismo",
)
TOGETHER = 16


def texts() -> list[str]:
    """Sixteen and more of every padded length that the shipped model has."""
    return [
        " ".join((SAYINGS[(at + turn) % len(SAYINGS)]) for turn in range(times)) + f", {at}"
        for times in (1, 2, 4, 7, 10, 14)
        for at in range(2 * TOGETHER)
    ]


def batches(runtime: Runtime) -> dict[int, list[Window]]:
    lengths: dict[int, list[Window]] = {}
    for prepared in runtime.prepare(texts()):
        for window in prepared.windows:
            lengths.setdefault(window.padded, []).append(window)
    return {padded: windows for padded, windows in lengths.items() if len(windows) >= TOGETHER}


def run(runtime: Runtime, windows: list[Window], padded: int) -> Logits:
    return runtime.forward(PreparedBatch(tuple(windows), tuple(range(len(windows))), padded, tweets=True))


@pytest.fixture(scope="module", params=["bf16", "f32"])
def runtime(request: pytest.FixtureRequest) -> OpenvinoRuntime:
    precision: Precision = request.param
    if precision == "bf16" and not load_runtime(ScorerSettings("openvino")).identity.endswith("/bf16"):
        pytest.skip("this processor has no bfloat16")
    return OpenvinoRuntime(SHIPPED, digest=verify(), precision=precision)


@needs_openvino
def test_a_windows_outputs_are_the_same_bit_by_bit_alone_and_among_any_number_of_others(
    runtime: OpenvinoRuntime,
) -> None:
    found = batches(runtime)
    assert len(found) >= 6
    for padded, windows in found.items():
        together = run(runtime, windows[:TOGETHER], padded)
        for rows in (1, 2, 3, 8, 15):
            some = run(runtime, windows[TOGETHER - rows : TOGETHER], padded)
            for head, values in some.items():
                np.testing.assert_array_equal(values, together[head][TOGETHER - rows :], f"{head}, {rows} x {padded}")
        for at in range(0, TOGETHER, 3):
            for head, values in run(runtime, [windows[at]], padded).items():
                np.testing.assert_array_equal(values, together[head][at : at + 1], f"{head}, alone at {padded}")


@needs_openvino
def test_windows_are_run_at_multiples_of_sixteen_tokens_that_hold_them(runtime: OpenvinoRuntime) -> None:
    for padded, windows in batches(runtime).items():
        assert padded % 16 == 0
        assert padded in LADDER
        assert all(window.tokens <= padded for window in windows)


@needs_openvino
def test_weights_at_rest_as_int8_are_not_multiplied_as_int8() -> None:
    # Activations rounded to int8 move these logits by up to 0.15 (measured).
    digest = verify()
    ours, default = OpenvinoRuntime(SHIPPED, digest=digest, precision="f32"), OnnxRuntime(SHIPPED, digest=digest)
    for padded, windows in batches(ours).items():
        theirs = run(default, windows[:4], padded)
        for head, values in run(ours, windows[:4], padded).items():
            tolerance = 1e-4 * max(1.0, float(np.abs(theirs[head]).max()))
            np.testing.assert_allclose(values, theirs[head], rtol=0, atol=tolerance, err_msg=head)


@needs_openvino
def test_the_identity_names_the_precision_that_the_processor_has() -> None:
    digest = verify()
    identity = load_runtime(ScorerSettings("openvino")).identity
    assert identity in {f"peakend-e5-small@{digest[:12]}/openvino/{precision}" for precision in ("bf16", "f32")}
    assert OpenvinoRuntime(SHIPPED, digest=digest, precision="f32").identity.endswith("/openvino/f32")


@needs_openvino
def test_a_damaged_graph_is_named(tmp_path: Path) -> None:
    folder = write_onnx_artifact(tmp_path)
    (folder / "model.onnx").write_text("nonsense")
    with pytest.raises(ArtifactError, match=r"model\.onnx cannot be loaded"):
        load_runtime(ScorerSettings("openvino", str(folder)))


@needs_openvino
def test_loading_it_reports_to_nobody_and_leaves_no_file(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    folder = write_onnx_artifact(tmp_path / "model")
    code = (
        "import sys\n"
        "from models.registry import ScorerSettings, load_runtime\n"
        f"load_runtime(ScorerSettings('openvino', {str(folder)!r}))\n"
        "print([name for name in sys.modules if name.startswith('openvino_telemetry')])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | {"HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"
    assert list(home.iterdir()) == []


def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(RuntimeUnavailableError, match=r"pip install 'peakend\[openvino\]'$") as caught:
        load_runtime(ScorerSettings("openvino", str(write_onnx_artifact(tmp_path))))
    assert "\n" not in str(caught.value)
