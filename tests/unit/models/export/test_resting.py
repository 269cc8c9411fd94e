import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.export.resting import BLOCK, CHANGE_RANK, MIDDLE, Blocks, Change, Moved, quantise, rest

CHANCE = np.random.default_rng(1)
WORDS = CHANCE.normal(size=(512, 256)).astype(np.float32)
MATRIX = CHANCE.normal(size=(256, 256)).astype(np.float32)
IDS = np.array([[1, 5, 9], [500, 2, 3]])


def on_the_grid(rows: int, columns: int) -> np.ndarray:
    """Values such as the base's wheel holds: 4-bit codes times a float16 scale of each 32."""
    codes = CHANCE.integers(0, 16, size=(rows, columns // BLOCK, BLOCK))
    codes[..., 0] = 0  # the largest value of a block has the code 0
    scale = CHANCE.normal(size=(rows, columns // BLOCK, 1)).astype(np.float16).astype(np.float32)
    return ((codes - MIDDLE) * scale).reshape(rows, columns).astype(np.float32)


def write(path, words, matrix):
    nodes = [
        helper.make_node("Gather", ["words", "ids"], ["vectors"]),
        helper.make_node("MatMul", ["vectors", "matrix"], ["out"]),
    ]
    model = helper.make_model(
        helper.make_graph(
            nodes,
            "tiny",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "tokens"])],
            [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["batch", "tokens", matrix.shape[1]])],
            [numpy_helper.from_array(words, "words"), numpy_helper.from_array(matrix, "matrix")],
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=9,
    )
    onnx.save(model, str(path))
    return path


@pytest.fixture
def graph(tmp_path):
    return write(tmp_path / "float.onnx", WORDS, MATRIX)


def run(path, ids):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"ids": ids})[0]


def test_resting_weights_take_a_quarter_of_the_room_and_answer_nearly_the_same(graph, tmp_path):
    rest(graph, tmp_path / "resting.onnx")

    assert (tmp_path / "resting.onnx").stat().st_size < 0.3 * graph.stat().st_size
    wanted, found = run(graph, IDS), run(tmp_path / "resting.onnx", IDS)
    assert np.abs(wanted - found).mean() < 0.02 * np.abs(wanted).mean()


def test_a_row_does_not_depend_on_its_company(graph, tmp_path):
    rest(graph, tmp_path / "resting.onnx")

    together, alone = run(tmp_path / "resting.onnx", IDS), run(tmp_path / "resting.onnx", IDS[:1])

    np.testing.assert_allclose(together[:1], alone, atol=1e-5)


def test_matrices_can_be_left_to_another_quantiser(graph, tmp_path):
    rest(graph, tmp_path / "resting.onnx", matrices=False)

    kinds = {entry.name: entry.data_type for entry in onnx.load(str(tmp_path / "resting.onnx")).graph.initializer}
    assert kinds["matrix"] == TensorProto.FLOAT
    assert kinds["words.int8"] == TensorProto.INT8


def test_words_that_training_left_on_the_grid_of_the_base_rest_in_half_a_byte_without_loss(tmp_path):
    words = on_the_grid(512, 256)
    graph = write(tmp_path / "float.onnx", words, np.eye(256, dtype=np.float32))

    rest(graph, tmp_path / "resting.onnx")

    kinds = {entry.name: entry.data_type for entry in onnx.load(str(tmp_path / "resting.onnx")).graph.initializer}
    assert kinds["words.packed"] == TensorProto.UINT8
    np.testing.assert_array_equal(run(tmp_path / "resting.onnx", IDS), run(graph, IDS))


def test_a_block_errs_by_no_more_than_a_step():
    matrix = CHANCE.normal(size=(64, 64)).astype(np.float32)
    matrix[:, BLOCK:] *= 100

    blocks = Blocks.of(matrix)

    step = np.repeat(np.abs(blocks.scale.astype(np.float32)), BLOCK, axis=1)
    assert blocks.scale.shape == (64, 2)
    assert blocks.packed().shape == (64, 32)
    assert (np.abs(blocks.expanded() - matrix) <= step * 1.01).all()


def test_a_change_of_low_rank_is_kept_and_of_another_the_greater_part():
    low = (CHANCE.normal(size=(320, 8)) @ CHANCE.normal(size=(8, 256))).astype(np.float32)
    high = low + 0.1 * CHANCE.normal(size=low.shape).astype(np.float32)

    assert np.abs(Change.of(low).expanded() - low).mean() < 0.02 * np.abs(low).mean()
    lost = np.square(Change.of(high).expanded() - high).sum() / np.square(high).sum()
    assert lost < 0.01


def test_a_matrix_that_moved_little_from_the_grid_rests_as_what_it_was_and_its_change(tmp_path):
    words, origin = on_the_grid(512, 256), on_the_grid(320, 256)
    now = origin + 0.02 * CHANCE.normal(size=origin.shape).astype(np.float32)
    graph = write(tmp_path / "float.onnx", words, np.ascontiguousarray(now.T))

    rest(graph, tmp_path / "resting.onnx", moved=[Moved(np.zeros_like(now), origin), Moved(now, origin)])

    stored = {entry.name: entry for entry in onnx.load(str(tmp_path / "resting.onnx")).graph.initializer}
    assert stored["matrix.packed"].data_type == TensorProto.UINT8
    assert stored["matrix.left"].dims == [320, CHANGE_RANK]
    wanted = words[IDS] @ (origin + Change.of(now - origin).expanded()).T
    np.testing.assert_allclose(run(tmp_path / "resting.onnx", IDS), wanted, rtol=1e-4, atol=1e-3)
    error = np.abs(run(tmp_path / "resting.onnx", IDS) - run(graph, IDS)).mean()
    assert error < 0.01 * np.abs(run(graph, IDS)).mean()


def test_a_matrix_that_began_off_the_grid_rests_as_int8(tmp_path):
    graph = write(tmp_path / "float.onnx", WORDS, MATRIX)

    rest(graph, tmp_path / "resting.onnx", moved=[Moved(np.ascontiguousarray(MATRIX.T), MATRIX.T + 0.01)])

    kinds = {entry.name: entry.data_type for entry in onnx.load(str(tmp_path / "resting.onnx")).graph.initializer}
    assert kinds["matrix.int8"] == TensorProto.INT8


def test_zeros_stay_zeros():
    assert not Blocks.of(np.zeros((64, 64), np.float32)).expanded().any()
    assert not Change.of(np.zeros((64, 64), np.float32)).expanded().any()
    assert not quantise(np.zeros((64, 64), np.float32), axis=0)[0].any()
