import numpy as np
import pytest

from models.evaluate.metrics import area_under_curve, calibration_error, confusion, label_f1, macro_f1


def test_macro_f1_is_the_mean_over_classes_that_occur():
    truth, answer = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])

    assert macro_f1(truth, answer, 3) == pytest.approx((2 / 3 + 4 / 5) / 2)


def test_unknown_labels_count_neither_way():
    truth = np.array([[1.0, np.nan], [0.0, np.nan], [np.nan, 1.0]])
    found = np.array([[True, True], [False, True], [True, True]])

    micro, macro = label_f1(truth, found)

    assert (micro, macro) == (1.0, 1.0)


def test_area_under_curve_counts_ties_half():
    truth = np.array([True, True, False, False])

    assert area_under_curve(truth, np.array([0.9, 0.8, 0.2, 0.1])) == 1.0
    assert area_under_curve(truth, np.array([0.5, 0.5, 0.5, 0.5])) == 0.5
    assert area_under_curve(truth, np.array([0.1, 0.2, 0.8, 0.9])) == 0.0


def test_calibration_error_is_zero_when_confidence_is_accuracy():
    right = np.array([True] * 8 + [False] * 2)

    assert calibration_error(np.full(10, 0.8), right) == pytest.approx(0)
    assert calibration_error(np.full(10, 1.0), right) == pytest.approx(0.2)


def test_confusion_counts_true_by_predicted():
    assert confusion(np.array([0, 1, 1]), np.array([0, 0, 1]), 2) == [[1, 0], [1, 1]]
