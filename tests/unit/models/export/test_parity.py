"""What an export may lose, and that a figure which is none does not pass."""

import math

import pytest

from models.export.artifact import RESTING, Origin, export
from models.export.parity import BATCH_TOLERANCE, TOLERANCE, Parity
from models.train.errors import TrainingError


def test_within_both_tolerances_it_passes():
    Parity(TOLERANCE[RESTING], 1.0, BATCH_TOLERANCE).check(RESTING)


@pytest.mark.parametrize("worse", [2 * TOLERANCE[RESTING], math.nan])
def test_a_graph_too_far_from_the_network_is_refused(worse: float):
    with pytest.raises(TrainingError, match="differs from the network"):
        Parity(worse, 1.0, 0.0).check(RESTING)


@pytest.mark.parametrize("worse", [2 * BATCH_TOLERANCE, math.nan])
def test_a_score_that_depends_on_its_company_is_refused(worse: float):
    with pytest.raises(TrainingError, match="batch-mates"):
        Parity(0.0, 1.0, worse).check(RESTING)


def test_a_folder_with_other_files_is_refused_before_anything_is_made(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(TrainingError, match=r"holds notes\.txt"):
        export(tmp_path, {}, tmp_path, precision=RESTING, version="1.0.0", origin=Origin(1, "k", "c", ()))
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_folder_that_no_training_left_has_no_origin(tmp_path):
    with pytest.raises(TrainingError, match="is no folder that"):
        Origin.of(tmp_path, ())
