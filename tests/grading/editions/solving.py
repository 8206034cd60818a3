"""Right and wrong hand-ins of every edition: its starter, filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grading.rubric.reading import load_rubric
from grading.starter.write import write_starter
from tests.grading.starter.solution import SOLUTIONS, solve

TURNED = {
    "svm_loss_naive": """
for i in range(X.shape[1]):
    scores = W.dot(X[:, i])
    for j in range(W.shape[0]):
        margin = scores[j] - scores[y[i]] + DELTA
        if j != y[i] and margin > 0:
            loss += margin / X.shape[1]
            dW[j] += X[:, i] / X.shape[1]
            dW[y[i]] -= X[:, i] / X.shape[1]
loss += SCALE * reg * np.sum(W * W)
dW += 2 * SCALE * reg * W
""",
    "svm_loss_vectorized": """
columns = np.arange(X.shape[1])
scores = W.dot(X)
margins = np.maximum(0, scores - scores[y, columns] + DELTA)
margins[y, columns] = 0
counts = (margins > 0).astype(float)
counts[y, columns] = -counts.sum(axis=0)
loss = margins.sum() / len(columns) + SCALE * reg * np.sum(W * W)
dW = counts.dot(X.T) / len(columns) + 2 * SCALE * reg * W
""",
    "softmax_loss_naive": """
for i in range(X.shape[1]):
    scores = W.dot(X[:, i])
    scores -= scores.max()
    p = np.exp(scores) / np.sum(np.exp(scores))
    loss += (np.log(np.sum(np.exp(scores))) - scores[y[i]]) / X.shape[1]
    p[y[i]] -= 1
    dW += np.outer(p, X[:, i]) / X.shape[1]
loss += SCALE * reg * np.sum(W * W)
dW += 2 * SCALE * reg * W
""",
    "softmax_loss_vectorized": """
columns = np.arange(X.shape[1])
scores = W.dot(X)
scores -= scores.max(axis=0)
sums = np.exp(scores).sum(axis=0)
loss = np.mean(np.log(sums) - scores[y, columns]) + SCALE * reg * np.sum(W * W)
p = np.exp(scores) / sums
p[y, columns] -= 1
dW = p.dot(X.T) / len(columns) + 2 * SCALE * reg * W
""",
    "part 1": "columns = np.random.choice(X.shape[1], batch_size)\nX_batch, y_batch = X[:, columns], y[columns]\n",
    "part 2": "self.W -= learning_rate * dW\n",
    "predict": "y_pred = np.argmax(self.W.dot(X), axis=0)\n",
}
WITH_L1 = {
    name: code.replace("reg * np.sum(W * W)", "reg_l2 * np.sum(W * W) + reg_l1 * np.sum(np.abs(W))").replace(
        "reg * W", "reg_l2 * W + reg_l1 * np.sign(W)"
    )
    for name, code in SOLUTIONS.items()
}
IN_PARTS = {
    "softmax": """
shifted = np.exp(predictions - predictions.max(axis=1, keepdims=True))
probs = shifted / shifted.sum(axis=1, keepdims=True)
""",
    "cross_entropy_loss": "loss = -np.mean(np.log(probs[np.arange(len(probs)), target_index]))",
    "softmax_with_cross_entropy": """
probs = softmax(predictions)
loss = cross_entropy_loss(probs, target_index)
dprediction = probs.copy()
dprediction[np.arange(len(probs)), target_index] -= 1
dprediction /= len(probs)
""",
    "l2_regularization": "loss = reg_strength * np.sum(W * W)\ngrad = 2 * reg_strength * W",
    "linear_softmax": """
loss, dprediction = softmax_with_cross_entropy(X.dot(W), target_index)
dW = X.T.dot(dprediction)
""",
    "fit": """
data_loss, dW = linear_softmax(X[rows], self.W, y[rows])
reg_loss, reg_dW = l2_regularization(self.W, reg)
loss = data_loss + reg_loss
self.W -= learning_rate * (dW + reg_dW)
""",
    "predict": "y_pred = np.argmax(X.dot(self.W), axis=1)",
}
TENSORS = {
    "svm_loss_naive": """
for i in range(X.shape[0]):
    scores = W.t().mv(X[i])
    for j in range(W.shape[1]):
        margin = scores[j] - scores[y[i]] + DELTA
        if j != y[i] and margin > 0:
            loss += margin / X.shape[0]
            dW[:, j] += X[i] / X.shape[0]
            dW[:, y[i]] -= X[i] / X.shape[0]
loss += SCALE * reg * torch.sum(W * W)
dW += 2 * SCALE * reg * W
""",
    "svm_loss_vectorized": """
rows = torch.arange(X.shape[0])
scores = X.mm(W)
margins = (scores - scores[rows, y].view(-1, 1) + DELTA).clamp(min=0)
margins[rows, y] = 0
counts = torch.zeros(margins.shape)
counts[margins > 0] = 1
counts[rows, y] = -counts.sum(dim=1)
loss = margins.sum() / len(rows) + SCALE * reg * torch.sum(W * W)
dW = X.t().mm(counts) / len(rows) + 2 * SCALE * reg * W
""",
    "softmax_loss_naive": """
for i in range(X.shape[0]):
    scores = W.t().mv(X[i])
    scores -= scores.max()
    p = torch.exp(scores) / torch.exp(scores).sum()
    loss += (torch.log(torch.exp(scores).sum()) - scores[y[i]]) / X.shape[0]
    p[y[i]] -= 1
    dW += torch.outer(X[i], p) / X.shape[0]
loss += SCALE * reg * torch.sum(W * W)
dW += 2 * SCALE * reg * W
""",
    "softmax_loss_vectorized": """
rows = torch.arange(X.shape[0])
scores = X.mm(W)
scores -= scores.max(dim=1, keepdim=True)[0]
sums = torch.exp(scores).sum(dim=1)
loss = (torch.log(sums) - scores[rows, y]).mean() + SCALE * reg * torch.sum(W * W)
p = torch.exp(scores) / sums.view(-1, 1)
p[rows, y] -= 1
dW = X.t().mm(p) / len(rows) + 2 * SCALE * reg * W
""",
    "sample_batch": "rows = torch.randint(num_train, (batch_size,))\nX_batch, y_batch = X[rows], y[rows]",
    "train_linear_classifier": "W = W - learning_rate * dW",
    "predict_linear_classifier": "y_pred = X.mm(W).argmax(dim=1)",
}
NETWORK = {
    "part 1": "hidden = np.maximum(0, X.dot(W1) + b1)\nscores = hidden.dot(W2) + b2",
    "part 2": """
p = np.exp(scores - scores.max(axis=1, keepdims=True))
p /= p.sum(axis=1, keepdims=True)
loss = -np.mean(np.log(p[np.arange(len(y)), y])) + SCALE * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
p[np.arange(len(y)), y] -= 1
p /= len(y)
dhidden = p.dot(W2.T)
dhidden[hidden <= 0] = 0
grads["W2"] = hidden.T.dot(p) + 2 * SCALE * reg * W2
grads["b2"] = p.sum(axis=0)
grads["W1"] = X.T.dot(dhidden) + 2 * SCALE * reg * W1
grads["b1"] = dhidden.sum(axis=0)
""",
    "part 3": "rows = np.random.choice(num_train, batch_size)\nX_batch, y_batch = X[rows], y[rows]",
    "part 4": "for name in self.params:\n    self.params[name] -= learning_rate * grads[name]",
    "part 5": "y_pred = self.loss(X).argmax(axis=1)",
}
SOLUTIONS_OF: dict[str, Mapping[str, str]] = {
    "cs231n-2015": TURNED,
    "comp411": WITH_L1,
    "dlcourse": IN_PARTS,
    "eecs498": TENSORS,
    "two-layer-net": NETWORK,
}


@dataclass(frozen=True)
class Slip:
    """A mistake: in which function, what is written, what it becomes, and by which name it must be known, if by any.

    ``helper`` is the function that it is written in, where that is one that ``function`` calls.
    """

    function: str
    right: str
    wrong: str
    id: str
    helper: str = ""


_TRAINING = (
    Slip("Softmax.train", "self.W -= learning_rate * dW", "self.W += learning_rate * dW", "train-uphill"),
    Slip("Softmax.predict", "np.argmax(", "np.argmin(", "predict-lowest-score"),
)
_ROWS = (
    Slip("softmax_loss_naive", "p[y[i]] -= 1", "pass", "softmax-p-instead-of-p-minus-1"),
    Slip("softmax_loss_vectorized", "p[rows, y] -= 1", "p[:, y] -= 1", "softmax-1-subtracted-in-all-rows"),
    *_TRAINING,
    Slip("softmax_loss_naive", "p) / X.shape[0]", "p)", "softmax-gradient-not-averaged"),
    Slip(
        "softmax_loss_vectorized",
        "sum(axis=1)",
        "sum() + np.zeros(len(rows))",
        "softmax-normalized-over-everything",
    ),
    Slip(
        "Softmax.train", "np.random.choice(X.shape[0], batch_size)", "range(batch_size)", "batch-first-rows"
    ),
    Slip("Softmax.predict", "axis=1)", "axis=0)", "predict-axis-0"),
)
_MORE_ROWS = (
    Slip("softmax_loss_naive", "scores -= scores.max()", "pass", "softmax-no-shift"),
    Slip("softmax_loss_vectorized", "X.T.dot(p) / len(rows)", "X.T.dot(p)", "softmax-gradient-not-averaged"),
    Slip("Softmax.train", "y[rows]", "y[:batch_size]", "batch-first-labels"),
)
_L1 = [
    Slip("softmax_loss_naive.reg_l1", " + reg_l1 * np.sum(np.abs(W))", "", ""),
    Slip("softmax_loss_vectorized.reg_l1", " + reg_l1 * np.sign(W)", " + reg_l1 * W", ""),
]
_SVM_ROWS = (
    Slip("svm_loss_naive", "dW[:, y[i]] -= X[i] / X.shape[0]", "pass", "svm-label-column-missing"),
    Slip(
        "svm_loss_vectorized",
        "counts[rows, y] = -counts.sum(axis=1)",
        "counts[rows, y] = -1",
        "svm-label-column-always",
    ),
    Slip("svm_loss_naive", "j != y[i] and margin > 0", "margin > 0", "svm-label-class-not-skipped"),
    Slip("svm_loss_vectorized", "margins[rows, y] = 0", "pass", "svm-label-class-counted-in-gradient"),
)
_COLUMNS = (
    Slip("svm_loss_naive", "dW[y[i]] -= X[:, i] / X.shape[1]", "pass", "svm-label-column-missing"),
    Slip("svm_loss_vectorized", "= -counts.sum(axis=0)", "= -1", "svm-label-column-always"),
    Slip("softmax_loss_naive", "p[y[i]] -= 1", "pass", "softmax-p-instead-of-p-minus-1"),
    Slip("softmax_loss_vectorized", "p[y, columns] -= 1", "p[y] -= 1", "softmax-1-subtracted-in-all-rows"),
    *_TRAINING,
    Slip("svm_loss_naive", "j != y[i] and margin > 0", "margin > 0", "svm-label-class-not-skipped"),
    Slip("svm_loss_vectorized", "margins[y, columns] = 0", "pass", "svm-label-class-counted-in-gradient"),
    Slip("softmax_loss_naive", "X[:, i]) / X.shape[1]", "X[:, i])", "softmax-gradient-not-averaged"),
    Slip("softmax_loss_vectorized", "scores -= scores.max(axis=0)", "pass", "softmax-no-shift"),
    Slip("Softmax.train", "y[columns]", "y[:batch_size]", "batch-first-labels"),
    Slip("Softmax.predict", "axis=0)", "axis=1)", "predict-axis-0"),
)
_FIT, _PREDICT = "LinearSoftmaxClassifier.fit", "LinearSoftmaxClassifier.predict"
# One function calls the other here, so most mistakes are made alone.
_PARTS = [
    [
        Slip("softmax", "max(axis=1, keepdims=True)", "max()", "softmax-shift-by-the-overall-maximum"),
        Slip("l2_regularization", "grad = 2 * reg", "grad = reg", "l2-reg-gradient-without-2"),
        Slip(_PREDICT, "np.argmax(", "np.argmin(", "predict-lowest-score"),
    ],
    [
        Slip("cross_entropy_loss", "-np.mean", "-np.sum", "softmax-loss-not-averaged"),
        Slip("l2_regularization", "loss = reg", "loss = 0.5 * reg", "l2-reg-half-in-loss"),
        Slip(_PREDICT, "axis=1)", "axis=0)", "predict-axis-0"),
    ],
    [
        Slip(
            "softmax_with_cross_entropy",
            "dprediction[np.arange(len(probs)), target_index] -= 1",
            "pass",
            "softmax-p-instead-of-p-minus-1",
        )
    ],
    [Slip("softmax", "sum(axis=1, keepdims=True)", "sum()", "softmax-normalized-over-everything")],
    [
        Slip("linear_softmax", "dW = X.T", "dW = 2 * X.T", "factor-gradient-data"),
        Slip("cross_entropy_loss", "-np.mean", "np.mean", "softmax-loss-negated"),
    ],
    # What cannot be asked with another loss in the place of the hand-in's is caught, but not named.
    [Slip(_FIT, "self.W -= ", "self.W += ", "")],
]


_TRAIN, _LABELS = "train_linear_classifier", "predict_linear_classifier"
_TENSORS = (
    Slip("softmax_loss_naive", "p[y[i]] -= 1", "pass", "softmax-p-instead-of-p-minus-1"),
    Slip("softmax_loss_vectorized", "p[rows, y] -= 1", "p[:, y] -= 1", "softmax-1-subtracted-in-all-rows"),
    Slip("svm_loss_naive", "dW[:, y[i]] -= X[i] / X.shape[0]", "pass", "svm-label-column-missing"),
    Slip("svm_loss_vectorized", "= -counts.sum(dim=1)", "= -1", "svm-label-column-always"),
    Slip(_TRAIN, "W = W - learning_rate * dW", "W = W + learning_rate * dW", "train-uphill"),
    Slip(_LABELS, "argmax(", "argmin(", "predict-lowest-score"),
    Slip("softmax_loss_naive", "p) / X.shape[0]", "p)", "softmax-gradient-not-averaged"),
    Slip(
        "softmax_loss_vectorized", "scores -= scores.max(dim=1, keepdim=True)[0]", "pass", "softmax-no-shift"
    ),
    Slip("svm_loss_naive", "j != y[i] and margin > 0", "margin > 0", "svm-label-class-not-skipped"),
    Slip("svm_loss_vectorized", "margins[rows, y] = 0", "pass", "svm-label-class-counted-in-gradient"),
    Slip(
        *(_TRAIN, "torch.randint(num_train, (batch_size,))", "torch.arange(batch_size)", "batch-first-rows"),
        helper="sample_batch",
    ),
    Slip(_LABELS, "dim=1)", "dim=0)", "predict-axis-0"),
)


_NET = "TwoLayerNet"
_NETWORK = (
    Slip(f"{_NET}.loss", "dhidden[hidden <= 0] = 0", "pass", "network-no-mask"),
    Slip(f"{_NET}.loss", "np.maximum(0, X.dot(W1) + b1)", "X.dot(W1) + b1", "network-no-maximum"),
    Slip(f"{_NET}.loss", "p[np.arange(len(y)), y] -= 1", "pass", "network-label-not-subtracted"),
    Slip(f"{_NET}.loss", "(np.sum(W1 * W1) + np.sum(W2 * W2))", "np.sum(W1 * W1)", "network-penalty-W1-only"),
    Slip(f"{_NET}.loss", "p /= len(y)", "pass", "network-factor-W2"),
    Slip(f"{_NET}.loss", "dhidden.sum(axis=0)", "dhidden.mean(axis=0)", "network-factor-b1"),
    Slip(f"{_NET}.train", "learning_rate *= learning_rate_decay", "pass", "network-training-no-decay"),
    Slip(f"{_NET}.train", "] -= learning", "] += learning", "network-training-up-the-loss"),
    Slip(f"{_NET}.train", "in self.params", "in ('W1', 'W2')", "network-training-biases-left-out"),
    Slip(f"{_NET}.train", "-= learning_rate * grads", "-= grads", "network-training-no-learning-rate"),
    Slip(f"{_NET}.train", "np.random.choice(num_train, batch_size)", "np.arange(batch_size)", ""),
    Slip(f"{_NET}.predict", "argmax", "argmin", ""),
)


def _rounds(*slips: Slip) -> list[list[Slip]]:
    """Mistakes for one hand-in after the other, at most one in each function."""
    found: list[list[Slip]] = []
    for slip in slips:
        for made in found:
            if all(other.function != slip.function for other in made):
                made.append(slip)
                break
        else:
            found.append([slip])
    return found


OTHER_YEARS: dict[str, tuple[tuple[str, str], ...]] = {
    "comp411": (
        ("reg=1e-5, num_iters", "reg=1e-5, reg_l1=None, num_iters"),
        ("self.loss(X_batch, y_batch, reg)", "self.loss(X_batch, y_batch, reg, reg_l1=reg_l1)"),
        ("def loss(self, X_batch, y_batch, reg)", "def loss(self, X_batch, y_batch, reg, reg_l1=None)"),
        ("X_batch, y_batch, reg)\n", "X_batch, y_batch, reg, reg_l1)\n"),
    ),
    "eecs498": (
        (
            "X_batch, y_batch = sample_batch(X, y, num_train, batch_size)",
            "rows = torch.randint(num_train, (batch_size,)); X_batch, y_batch = X[rows], y[rows]",
        ),
        ("def sample_batch(", "def of_no_use("),
    ),
}
"""What other years of a course have otherwise in the same file: what is written, and what they have there."""

ROUNDS = {
    "cs231n-2015": _rounds(*_COLUMNS),
    "cs231n-2016": _rounds(*_ROWS, *_SVM_ROWS),
    "cs231n-2025": _rounds(*_ROWS, *_MORE_ROWS),
    "comp411": [*_rounds(*_ROWS, *_MORE_ROWS), _L1],
    "dlcourse": _PARTS,
    "eecs498": _rounds(*_TENSORS),
    "two-layer-net": _rounds(*_NETWORK),
}
"""Mistakes in each edition, those that are handed in together in a list."""


def write_other_year(folder: Path, edition: str) -> None:
    """Right work as another year of the course has it."""
    write_solved(folder, edition)
    path = folder / "classifiers" / "linear_classifier.py"
    text = path.read_text("utf-8")
    for ours, theirs in OTHER_YEARS[edition]:
        assert ours in text, ours
        text = text.replace(ours, theirs)
    path.write_text(text, "utf-8")


def write_solved(folder: Path, edition: str, slips: Sequence[Slip] = ()) -> None:
    """The starter of an edition, right but for ``slips``."""
    rubric = load_rubric(edition=edition)
    scale = rubric.settings.reg_scale
    assert not isinstance(scale, str)
    write_starter(folder, rubric)
    solve(folder, scale=scale, solutions=SOLUTIONS_OF.get(edition, SOLUTIONS))
    for slip in slips:
        for path in sorted((folder / "classifiers").glob("*.py")):
            text = path.read_text("utf-8")
            # A method stands in one class for all.
            begin = max(text.find(f"def {part}(") for part in (slip.helper or slip.function).split("."))
            if begin >= 0:
                assert slip.right in text[begin:], slip
                path.write_text(text[:begin] + text[begin:].replace(slip.right, slip.wrong, 1), "utf-8")
