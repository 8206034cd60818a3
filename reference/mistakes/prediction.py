"""Mistakes in predict."""

from __future__ import annotations

from functools import partial

from reference.mistakes.mistake import PREDICTION, Mistake, slip
from reference.mistakes.right_code import PREDICT

_slip = partial(slip, "predict", PREDICT)

MISTAKES: tuple[Mistake, ...] = (
    _slip(
        "predict-not-written",
        "All labels are 0, as in the template: predict seems not written yet.",
        "Return the class with the highest score: np.argmax(X.dot(self.W), axis=1).",
        PREDICTION,
        {"np.argmax(X.dot(model.W), axis=1)": "np.zeros(X.shape[0])"},
    ),
    _slip(
        "predict-axis-0",
        "argmax goes along the wrong axis: it finds the best row for each class.",
        "Write axis=1: np.argmax(X.dot(self.W), axis=1).",
        PREDICTION,
        {"axis=1": "axis=0"},
    ),
    _slip(
        "predict-lowest-score",
        "The class with the lowest score is returned.",
        "Write argmax: np.argmax(X.dot(self.W), axis=1).",
        PREDICTION,
        {"argmax": "argmin"},
    ),
    _slip(
        "predict-scores",
        "The scores are returned instead of the labels.",
        "Return np.argmax(scores, axis=1).",
        PREDICTION,
        {"np.argmax(X.dot(model.W), axis=1)": "X.dot(model.W)"},
    ),
    _slip(
        "predict-highest-scores",
        "The highest scores are returned instead of the classes that have them.",
        "Write argmax instead of max: np.argmax(X.dot(self.W), axis=1).",
        PREDICTION,
        {"argmax": "max"},
    ),
    _slip(
        "predict-first-row-only",
        "Only the label of the first row is returned.",
        "Return one label for each row: np.argmax(X.dot(self.W), axis=1).",
        PREDICTION,
        {"np.argmax(X.dot(model.W), axis=1)": "np.argmax(X[0].dot(model.W))"},
    ),
    _slip(
        "predict-axis-missing",
        "argmax has no axis, so it finds one place in the whole array of scores.",
        "Write axis=1: np.argmax(X.dot(self.W), axis=1).",
        PREDICTION,
        {", axis=1": ""},
    ),
    _slip(
        "predict-one-hot",
        "Rows of zeros with a one are returned instead of the labels.",
        "Return np.argmax(scores, axis=1).",
        PREDICTION,
        {"np.argmax(X.dot(model.W), axis=1)": "np.eye(model.W.shape[1])[np.argmax(X.dot(model.W), axis=1)]"},
    ),
    _slip(
        "predict-column",
        "The labels come as a column, (N, 1).",
        "They must be (N,): leave keepdims out, or return labels.ravel().",
        PREDICTION,
        {"np.argmax(X.dot(model.W), axis=1)": "np.argmax(X.dot(model.W), axis=1).reshape(-1, 1)"},
    ),
    _slip(
        "predict-labels-from-1",
        "The labels are one too large: they count from 0.",
        "argmax counts from 0 already; add nothing.",
        PREDICTION,
        {"np.argmax(X.dot(model.W), axis=1)": "np.argmax(X.dot(model.W), axis=1) + 1"},
    ),
    _slip(
        "predict-ranking",
        "All classes are returned, sorted by score, instead of the best one.",
        "Return np.argmax(scores, axis=1).",
        PREDICTION,
        {"argmax": "argsort"},
    ),
    _slip(
        "predict-sorted",
        "The labels are sorted, so they no longer belong to their rows.",
        "Return the labels in the order of the rows.",
        PREDICTION,
        {"np.argmax(X.dot(model.W), axis=1)": "np.sort(np.argmax(X.dot(model.W), axis=1))"},
    ),
    _slip(
        "predict-largest-size",
        "The score of largest absolute value wins; it should be the highest score.",
        "Leave abs out: np.argmax(X.dot(self.W), axis=1).",
        PREDICTION,
        {"X.dot(model.W)": "np.abs(X.dot(model.W))"},
    ),
    _slip(
        "predict-without-last-class",
        "The last class is never predicted.",
        "Go over all classes: np.argmax(X.dot(self.W), axis=1).",
        PREDICTION,
        {"model.W": "model.W[:, :-1]"},
    ),
    _slip(
        "predict-without-first-class",
        "The loop over the classes begins at 1, and the labels are counted from there.",
        "Go over all classes: np.argmax(X.dot(self.W), axis=1).",
        PREDICTION,
        {"model.W": "model.W[:, 1:]"},
    ),
    _slip(
        "predict-w-transposed",
        "W is transposed, as in the layout of 2015; here it is (D, C).",
        "Write X.dot(self.W).",
        PREDICTION,
        {"model.W": "model.W.T"},
    ),
    _slip(
        "predict-returns-nothing",
        "The labels are not returned.",
        "End predict with return y_pred.",
        PREDICTION,
        {"return ": ""},
    ),
)
