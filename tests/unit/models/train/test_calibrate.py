import numpy as np

from models.train.calibrate import platt, temperature, threshold


def test_overconfident_logits_get_a_temperature_above_one():
    random = np.random.default_rng(1)
    truth = random.integers(0, 3, 2000)
    logits = np.eye(3)[truth] * 2 + random.normal(size=(2000, 3))

    assert temperature((logits * 3).astype(np.float32), truth) > 2 * temperature(logits.astype(np.float32), truth)


def test_platt_brings_the_mean_probability_to_the_base_rate():
    random = np.random.default_rng(2)
    truth = (random.random(3000) < 0.1).astype(float)
    logits = (truth * 3 + random.normal(size=3000)).astype(np.float32)

    a, b = platt(logits, truth)
    probability = 1 / (1 + np.exp(-(a * logits + b)))

    assert abs(probability.mean() - truth.mean()) < 0.02


def test_too_few_positives_leave_a_label_as_it_is():
    assert platt(np.zeros(100, np.float32), np.r_[np.ones(3), np.zeros(97)]) == (1.0, 0.0)


def test_the_threshold_separates_what_can_be_separated():
    truth = np.r_[np.ones(50), np.zeros(500)]
    probability = np.r_[np.full(50, 0.34), np.full(500, 0.2)]

    assert 0.2 < threshold(probability, truth) <= 0.34
