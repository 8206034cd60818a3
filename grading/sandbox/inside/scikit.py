"""A few functions of scikit-learn, which itself is absent because it contains the pictures used for judging."""

from __future__ import annotations

from typing import Any

import numpy as np


def shuffle(*arrays: Any, random_state: Any = None, n_samples: int | None = None) -> Any:
    """`sklearn.utils.shuffle`: one random order for all ``arrays``, from NumPy's own generator if none is given."""
    random = np.random if random_state is None else random_state
    if isinstance(random, (int, np.integer)):
        random = np.random.RandomState(random)
    order = np.arange(len(arrays[0]))
    random.shuffle(order)
    found = [np.asarray(array)[order[:n_samples]] for array in arrays]
    return found[0] if len(found) == 1 else found


def normalize(X: Any, norm: str = "l2", *, axis: int = 1, copy: bool = True) -> Any:
    """`sklearn.preprocessing.normalize`: rows (axis 1) or columns of norm 1; those of norm 0 stay as they are."""
    del copy
    X = np.asarray(X, dtype=float)
    sizes = np.abs(X)
    along = {"keepdims": True, "axis": axis}
    if norm == "l1":
        norms = sizes.sum(**along)
    elif norm == "max":
        norms = sizes.max(**along)
    else:
        norms = np.sqrt((sizes * sizes).sum(**along))
    return X / np.where(norms == 0, 1.0, norms)


def softmax(X: Any, copy: bool = True) -> Any:
    """`sklearn.utils.extmath.softmax` of each row."""
    del copy
    X = np.asarray(X, dtype=float)
    powers = np.exp(X - X.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def label_binarize(y: Any, *, classes: Any, neg_label: int = 0, pos_label: int = 1) -> Any:
    """`sklearn.preprocessing.label_binarize` for at least three classes: a column for each, 1 if it is the label."""
    return np.where(np.asarray(y)[:, None] == np.asarray(classes)[None, :], pos_label, neg_label)


#: The contents of its modules here, and of all modules that lead to them.
CONTENTS: dict[str, dict[str, object]] = {
    "sklearn.utils": {"shuffle": shuffle},
    "sklearn.utils.extmath": {"softmax": softmax},
    "sklearn.preprocessing": {"normalize": normalize, "label_binarize": label_binarize},
}
MODULES = frozenset(("sklearn", *CONTENTS))
