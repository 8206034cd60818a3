"""Mistakes in predict."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference.mistakes.mistake import Array, Model, mistake

PREDICTION = ("prediction",)


@mistake(
    "predict-not-written",
    "All labels are 0, as in the template: predict seems not written yet.",
    "Return the class with the highest score: np.argmax(X.dot(self.W), axis=1).",
    applies_to="predict",
    checks=PREDICTION,
)
def _predict_not_written(model: Model, X: Array) -> Any:
    return np.zeros(X.shape[0])


@mistake(
    "predict-axis-0",
    "argmax goes along the wrong axis: it finds the best row for each class.",
    "Write axis=1: np.argmax(X.dot(self.W), axis=1).",
    applies_to="predict",
    checks=PREDICTION,
)
def _predict_axis_0(model: Model, X: Array) -> Any:
    return np.argmax(X.dot(model.W), axis=0)


@mistake(
    "predict-lowest-score",
    "The class with the lowest score is returned.",
    "Write argmax: np.argmax(X.dot(self.W), axis=1).",
    applies_to="predict",
    checks=PREDICTION,
)
def _predict_lowest_score(model: Model, X: Array) -> Any:
    return np.argmin(X.dot(model.W), axis=1)


@mistake(
    "predict-scores",
    "The scores are returned instead of the labels.",
    "Return np.argmax(scores, axis=1).",
    applies_to="predict",
    checks=PREDICTION,
)
def _predict_scores(model: Model, X: Array) -> Any:
    return X.dot(model.W)


@mistake(
    "predict-highest-scores",
    "The highest scores are returned instead of the classes that have them.",
    "Write argmax instead of max: np.argmax(X.dot(self.W), axis=1).",
    applies_to="predict",
    checks=PREDICTION,
)
def _predict_highest_scores(model: Model, X: Array) -> Any:
    return np.max(X.dot(model.W), axis=1)


@mistake(
    "predict-first-row-only",
    "Only the label of the first row is returned.",
    "Return one label for each row: np.argmax(X.dot(self.W), axis=1).",
    applies_to="predict",
    checks=PREDICTION,
)
def _predict_first_row_only(model: Model, X: Array) -> Any:
    return np.argmax(X[0].dot(model.W))


@mistake(
    "predict-axis-missing",
    "argmax has no axis, so it finds one place in the whole array of scores.",
    "Write axis=1: np.argmax(X.dot(self.W), axis=1).",
    applies_to="predict",
    checks=PREDICTION,
)
def _predict_axis_missing(model: Model, X: Array) -> Any:
    return np.argmax(X.dot(model.W))


@mistake(
    "predict-one-hot",
    "Rows of zeros with a one are returned instead of the labels.",
    "Return np.argmax(scores, axis=1).",
    applies_to="predict",
    checks=PREDICTION,
)
def _predict_one_hot(model: Model, X: Array) -> Any:
    return np.eye(model.W.shape[1])[np.argmax(X.dot(model.W), axis=1)]


@mistake(
    "predict-column",
    "The labels come as a column, (N, 1).",
    "They must be (N,): leave keepdims out, or return labels.ravel().",
    applies_to="predict",
    checks=PREDICTION,
)
def _predict_column(model: Model, X: Array) -> Any:
    return np.argmax(X.dot(model.W), axis=1).reshape(-1, 1)


@mistake(
    "predict-labels-from-1",
    "The labels are one too large: they count from 0.",
    "argmax counts from 0 already; add nothing.",
    applies_to="predict",
    checks=PREDICTION,
)
def _predict_labels_from_1(model: Model, X: Array) -> Any:
    return np.argmax(X.dot(model.W), axis=1) + 1


@mistake(
    "predict-ranking",
    "All classes are returned, sorted by score, instead of the best one.",
    "Return np.argmax(scores, axis=1).",
    applies_to="predict",
    checks=PREDICTION,
)
def _predict_ranking(model: Model, X: Array) -> Any:
    return np.argsort(X.dot(model.W), axis=1)


@mistake(
    "predict-sorted",
    "The labels are sorted, so they no longer belong to their rows.",
    "Return the labels in the order of the rows.",
    applies_to="predict",
    checks=PREDICTION,
)
def _predict_sorted(model: Model, X: Array) -> Any:
    return np.sort(np.argmax(X.dot(model.W), axis=1))


@mistake(
    "predict-largest-size",
    "The score of largest absolute value wins; it should be the highest score.",
    "Leave abs out: np.argmax(X.dot(self.W), axis=1).",
    applies_to="predict",
    checks=PREDICTION,
)
def _predict_largest_size(model: Model, X: Array) -> Any:
    return np.argmax(np.abs(X.dot(model.W)), axis=1)


@mistake(
    "predict-without-last-class",
    "The last class is never predicted.",
    "Go over all classes: np.argmax(X.dot(self.W), axis=1).",
    applies_to="predict",
    checks=PREDICTION,
)
def _predict_without_last_class(model: Model, X: Array) -> Any:
    return np.argmax(X.dot(model.W[:, :-1]), axis=1)


@mistake(
    "predict-without-first-class",
    "The loop over the classes begins at 1, and the labels are counted from there.",
    "Go over all classes: np.argmax(X.dot(self.W), axis=1).",
    applies_to="predict",
    checks=PREDICTION,
)
def _predict_without_first_class(model: Model, X: Array) -> Any:
    return np.argmax(X.dot(model.W[:, 1:]), axis=1)


@mistake(
    "predict-w-transposed",
    "W is transposed, as in the layout of 2015; here it is (D, C).",
    "Write X.dot(self.W).",
    applies_to="predict",
    checks=PREDICTION,
)
def _predict_w_transposed(model: Model, X: Array) -> Any:
    return np.argmax(X.dot(model.W.T), axis=1)


@mistake(
    "predict-returns-nothing",
    "The labels are not returned.",
    "End predict with return y_pred.",
    applies_to="predict",
    checks=PREDICTION,
)
def _predict_returns_nothing(model: Model, X: Array) -> None:
    np.argmax(X.dot(model.W), axis=1)
