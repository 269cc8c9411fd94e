"""Windows to rectangular arrays."""

import numpy as np
import numpy.typing as npt

from models.protocol import PreparedBatch

Int64Array = npt.NDArray[np.int64]


def padded_arrays(batch: PreparedBatch, *, pad_id: int = 0, least_rows: int = 1) -> tuple[Int64Array, Int64Array]:
    """Token ids and attention mask, int64 [rows, padded]; padding has mask 0, so its id does not matter.

    Fewer windows than `least_rows` are filled up with rows of one token, whose outputs mean nothing.
    """
    rows = max(least_rows, len(batch.windows))
    ids = np.full((rows, batch.padded), pad_id, dtype=np.int64)
    mask = np.zeros_like(ids)
    mask[len(batch.windows) :, 0] = 1
    for row, window in enumerate(batch.windows):
        ids[row, : window.tokens] = window.ids
        mask[row, : window.tokens] = 1
    return ids, mask
