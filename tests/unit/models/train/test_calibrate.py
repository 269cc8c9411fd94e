import numpy as np
import pytest

from models.calibration import softmax
from models.train.calibrate import Chances, common_threshold, platt, scaling, temperature, threshold


def test_overconfident_logits_get_a_temperature_above_one():
    random = np.random.default_rng(1)
    truth = random.integers(0, 3, 2000)
    logits = np.eye(3)[truth] * 2 + random.normal(size=(2000, 3))

    assert temperature((logits * 3).astype(np.float32), truth) > 2 * temperature(logits.astype(np.float32), truth)


def test_scaling_brings_every_class_to_its_share_where_training_had_another():
    random = np.random.default_rng(3)
    truth = random.choice(3, 3000, p=[0.15, 0.7, 0.15])
    logits = (np.eye(3)[truth] * 1.5 + random.normal(size=(3000, 3)) + [1.0, 0.0, 0.0]).astype(np.float32)

    heat, shift = scaling(logits, truth)
    share = softmax(logits, heat, shift).mean(0)

    np.testing.assert_allclose(share, [0.15, 0.7, 0.15], atol=0.02)
    assert abs(sum(shift)) < 1e-9
    assert np.abs(softmax(logits, temperature(logits, truth)).mean(0) - share).max() > 0.1


def test_platt_brings_the_mean_probability_to_the_base_rate():
    random = np.random.default_rng(2)
    truth = (random.random(3000) < 0.1).astype(float)
    logits = (truth * 3 + random.normal(size=3000)).astype(np.float32)

    a, b = platt(logits, truth)
    probability = 1 / (1 + np.exp(-(a * logits + b)))

    assert abs(probability.mean() - truth.mean()) < 0.02


def test_too_few_positives_leave_a_label_as_it_is():
    assert platt(np.zeros(100, np.float32), np.r_[np.ones(3), np.zeros(97)]) == (1.0, 0.0)


def chances(*groups: tuple[int, float, float]) -> Chances:
    """Rows of a label: (how many, probability, truth)."""
    rows = [(probability, truth) for many, probability, truth in groups for _ in range(many)]
    probability, truth = np.array(rows).T
    return Chances(probability, truth, np.full(len(rows), "es"))


def test_the_threshold_separates_what_can_be_separated():
    assert 0.2 < threshold(chances((50, 0.34, 1), (500, 0.2, 0)), 0.5) <= 0.34


def test_few_rows_do_not_move_a_threshold_far_from_that_of_all():
    few, many = chances((3, 0.7, 1), (3, 0.6, 0)), chances((300, 0.7, 1), (300, 0.6, 0))

    assert threshold(few, 0.35) == 0.35
    assert 0.6 < threshold(many, 0.35) <= 0.7


def test_what_is_common_is_half_of_the_best_f1_of_all_labels_together():
    perfect, poor = chances((50, 0.9, 1), (50, 0.1, 0)), chances((50, 0.4, 1), (150, 0.4, 0))

    assert common_threshold([perfect]) == 0.5
    assert common_threshold([perfect, poor]) == pytest.approx(1 / 3)  # above 0.4: 50 hits, 50 missed
