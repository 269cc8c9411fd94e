import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.export.resting import rest_as_int8


@pytest.fixture
def graph(tmp_path):
    chance = np.random.default_rng(1)
    words = chance.normal(size=(512, 256)).astype(np.float32)
    matrix = chance.normal(size=(256, 256)).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["words", "ids"], ["vectors"]),
        helper.make_node("MatMul", ["vectors", "matrix"], ["out"]),
    ]
    model = helper.make_model(
        helper.make_graph(
            nodes,
            "tiny",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "tokens"])],
            [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["batch", "tokens", 256])],
            [numpy_helper.from_array(words, "words"), numpy_helper.from_array(matrix, "matrix")],
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=9,
    )
    path = tmp_path / "float.onnx"
    onnx.save(model, str(path))
    return path


def run(path, ids):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"ids": ids})[0]


def test_resting_weights_take_a_quarter_of_the_room_and_answer_nearly_the_same(graph, tmp_path):
    rest_as_int8(graph, tmp_path / "int8.onnx")

    assert (tmp_path / "int8.onnx").stat().st_size < 0.3 * graph.stat().st_size
    ids = np.array([[1, 5, 9], [500, 2, 3]])
    wanted, found = run(graph, ids), run(tmp_path / "int8.onnx", ids)
    assert np.abs(wanted - found).mean() < 0.02 * np.abs(wanted).mean()


def test_a_row_does_not_depend_on_its_company(graph, tmp_path):
    rest_as_int8(graph, tmp_path / "int8.onnx")

    together = run(tmp_path / "int8.onnx", np.array([[1, 5, 9], [500, 2, 3]]))
    alone = run(tmp_path / "int8.onnx", np.array([[1, 5, 9]]))

    np.testing.assert_allclose(together[:1], alone, atol=1e-5)


def test_matrices_can_be_left_to_another_quantiser(graph, tmp_path):
    rest_as_int8(graph, tmp_path / "int8.onnx", matrices=False)

    kinds = {entry.name: entry.data_type for entry in onnx.load(str(tmp_path / "int8.onnx")).graph.initializer}
    assert kinds["matrix"] == TensorProto.FLOAT
    assert kinds["words.int8"] == TensorProto.INT8
