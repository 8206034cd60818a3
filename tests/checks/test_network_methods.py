"""The two-layer network's train and predict, handed in: right styles pass, mistakes fail and are told in words."""

from __future__ import annotations

import pytest

from grading.editions.callings import as_called
from grading.grades.grade import CheckResult
from grading.judging import each_example
from grading.rubric.reading import load_rubric
from grading.rubric.settings import Rubric
from grading.sandbox.client import Sandbox
from tests.checks.handins import results_of, submission_of

COURSE = """
class TwoLayerNet(object):
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {}
        self.params['W1'] = std * np.random.randn(input_size, hidden_size)
        self.params['b1'] = np.zeros(hidden_size)
        self.params['W2'] = std * np.random.randn(hidden_size, output_size)
        self.params['b2'] = np.zeros(output_size)

    def loss(self, X, y=None, reg=0.0):
        W1, b1 = self.params['W1'], self.params['b1']
        W2, b2 = self.params['W2'], self.params['b2']
        N, D = X.shape
        h = np.maximum(0, X.dot(W1) + b1)
        scores = h.dot(W2) + b2
        if y is None:
            return scores
        scores = scores - scores.max(axis=1, keepdims=True)
        p = np.exp(scores)
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.log(p[range(N), y]).sum() / N + reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
        grads = {}
        p[range(N), y] -= 1
        p /= N
        grads['W2'] = h.T.dot(p) + 2 * reg * W2
        grads['b2'] = p.sum(axis=0)
        dh = p.dot(W2.T)
        dh[h <= 0] = 0
        grads['W1'] = X.T.dot(dh) + 2 * reg * W1
        grads['b1'] = dh.sum(axis=0)
        return loss, grads

    def train(self, X, y, X_val, y_val, learning_rate=1e-3, learning_rate_decay=0.95, reg=5e-6,
              num_iters=100, batch_size=200, verbose=False):
        num_train = X.shape[0]
        iterations_per_epoch = max(num_train / batch_size, 1)
        loss_history = []
        train_acc_history = []
        val_acc_history = []
        for it in range(num_iters):
            rows = np.random.choice(num_train, batch_size)
            X_batch, y_batch = X[rows], y[rows]
            loss, grads = self.loss(X_batch, y=y_batch, reg=reg)
            loss_history.append(loss)
            for name in self.params:
                self.params[name] -= learning_rate * grads[name]
            if verbose and it % 100 == 0:
                print('iteration %d / %d: loss %f' % (it, num_iters, loss))
            if it % iterations_per_epoch == 0:
                train_acc = (self.predict(X_batch) == y_batch).mean()
                val_acc = (self.predict(X_val) == y_val).mean()
                train_acc_history.append(train_acc)
                val_acc_history.append(val_acc)
                learning_rate *= learning_rate_decay
        return {
            'loss_history': loss_history,
            'train_acc_history': train_acc_history,
            'val_acc_history': val_acc_history,
        }

    def predict(self, X):
        h = np.maximum(0, X.dot(self.params['W1']) + self.params['b1'])
        return np.argmax(h.dot(self.params['W2']) + self.params['b2'], axis=1)
"""
PREDICT = COURSE[COURSE.index("        h = np.maximum(0, X.dot(self.params['W1'])") :]
ROWS = "np.random.choice(num_train, batch_size)"
UPDATE = "self.params[name] -= learning_rate * grads[name]"
DECAY = "                learning_rate *= learning_rate_decay\n"
EPOCH = "if it % iterations_per_epoch == 0:"
PRINT = "            if verbose and"
LOOP = "        for it in range"
VAL = "(self.predict(X_val) == y_val).mean()"
TRAIN = "(self.predict(X_batch) == y_batch).mean()"
CALL = "loss, grads = self.loss(X_batch, y=y_batch, reg=reg)"


def changed(*changes: tuple[str, str]) -> str:
    """The course's class, written otherwise."""
    code = COURSE
    for old, new in changes:
        assert old in code, old
        code = code.replace(old, new, 1)
    return code


RIGHT = {
    "course": COURSE,
    "without_replacement": changed((ROWS, "np.random.choice(num_train, batch_size, replace=False)")),
    "after_the_last_step_of_an_epoch": changed((EPOCH, "if (it + 1) % iterations_per_epoch == 0:")),
    "shuffled": changed((ROWS, "np.random.permutation(num_train)[:batch_size]")),
    "first_and_last_step_recorded": changed(
        ("max(num_train / batch_size, 1)", "max(num_train // batch_size, 1)"),
        (EPOCH, "if it == 0 or it == num_iters - 1 or (it + 1) % iterations_per_epoch == 0:"),
        (DECAY, "            if (it + 1) % iterations_per_epoch == 0:\n" + DECAY),
    ),
    "accuracy_of_all_of_X": changed((TRAIN, "np.mean(self.predict(X) == y)")),
    "no_views": changed((UPDATE, "self.params[name] = self.params[name] - learning_rate * grads[name]")),
    "scores_of_the_loss": changed((PREDICT, "        return self.loss(X).argmax(axis=1)\n")),
    "gradients_in_order": changed(
        ("return loss, grads", "return loss, (grads['W1'], grads['b1'], grads['W2'], grads['b2'])"),
        (CALL, "loss, grads = self.loss(X_batch, y_batch, reg)"),
        ("grads[name]\n            if", "dict(zip(('W1', 'b1', 'W2', 'b2'), grads))[name]\n            if"),
    ),
    "the_loss_of_the_class": changed((CALL, "loss, grads = TwoLayerNet.loss(self, X_batch, y_batch, reg)")),
    "the_loss_twice": changed((CALL, CALL + "\n            loss = self.loss(X_batch, y_batch, reg)[0]")),
    "arrays_for_histories": changed(
        ("'loss_history': loss_history", "'loss_history': np.array(loss_history)")
    ),
}
# The check that must fail -> a mistake, and some of its words.
WRONG = {
    "network_training": {
        "no decay": (changed((DECAY, "")), "The learning rate never decays."),
        "decay in every step": (
            changed(
                (DECAY, ""),
                (
                    "            if verbose",
                    "            learning_rate *= learning_rate_decay\n            if verbose",
                ),
            ),
            "The learning rate decays in every step",
        ),
        "up the loss": (changed((UPDATE, UPDATE.replace("-=", "+="))), "up the loss"),
        "no update": (changed((UPDATE, "pass")), "The parameters are not updated."),
        "biases left out": (
            changed(("for name in self.params:", "for name in ('W1', 'W2'):")),
            "Only the weights are updated",
        ),
        "b1 left out": (
            changed(("for name in self.params:", "for name in ('W1', 'W2', 'b2'):")),
            "b1 is not updated.",
        ),
        "no learning rate": (
            changed((UPDATE, "self.params[name] -= grads[name]")),
            "not multiplied by the learning rate",
        ),
        "half of the step": (changed((UPDATE, UPDATE + " / 2")), "is not what it should be"),
        "reg forgotten": (changed((CALL, "loss, grads = self.loss(X_batch, y_batch)")), "pass the reg"),
        "all samples": (changed((ROWS, "np.arange(num_train)")), "batch_size = "),
        "labels of other rows": (
            changed(("y[rows]", "y[np.random.choice(num_train, batch_size)]")),
            "labels do not belong to their samples",
        ),
        "losses of the last step only": (
            changed(("            loss_history.append(loss)", "            loss_history = [loss]")),
            "loss_history must hold the loss of every step",
        ),
        "mean of the losses": (
            changed(("loss_history.append(loss)", "loss_history.append(loss / batch_size)")),
            "as the loss function returned it",
        ),
        "validation on the training data": (
            changed((VAL, "(self.predict(X) == y).mean()")),
            "val_acc_history",
        ),
        "errors for accuracies": (changed((VAL, VAL.replace("==", "!="))), "val_acc_history"),
        "accuracies of every step": (
            changed((EPOCH, "if True:"), (DECAY, f"                {EPOCH}\n    {DECAY}")),
            "one accuracy for each epoch",
        ),
        "no dict": (
            changed(
                ("return {\n", "return [loss_history] and {\n"),
                (
                    "'val_acc_history': val_acc_history,\n        }",
                    "'val_acc_history': val_acc_history,\n        }['loss_history']",
                ),
            ),
            "must return a dict with",
        ),
        "a history missing": (
            changed(("            'val_acc_history': val_acc_history,\n", "")),
            "missing: val_acc_history",
        ),
        "data changed": (
            changed(
                (
                    "        num_train = X.shape[0]",
                    "        X -= X.mean(axis=0)\n        num_train = X.shape[0]",
                )
            ),
            "changes its argument X in place",
        ),
    },
    "network_sampling": {
        "the same batch": (
            changed((ROWS, "first"), (LOOP, f"        first = {ROWS}\n{LOOP}")),
            "the same batch in every step",
        ),
        "rows in their order": (
            changed((ROWS, "np.arange(it * batch_size, (it + 1) * batch_size) % num_train")),
            "in their order",
        ),
        "the last row never": (
            changed((ROWS, "np.random.randint(max(1, num_train - 1), size=batch_size)")),
            "never came up",
        ),
    },
    "network_prediction": {
        "lowest score": (changed(("np.argmax", "np.argmin")), "has not the highest score"),
        "wrong axis": (changed(("['b2'], axis=1)", "['b2'], axis=0)")), "one for each row of X"),
        "scores for labels": (changed((PREDICT, "        return self.loss(X)\n")), "an array of N labels"),
        "no maximum": (
            changed((PREDICT, PREDICT.replace("np.maximum(0, ", "("))),
            "has not the highest score",
        ),
        "no first bias": (
            changed((PREDICT, PREDICT.replace(" + self.params['b1']", ""))),
            "has not the highest score",
        ),
        "no second bias": (
            changed((PREDICT, PREDICT.replace(" + self.params['b2']", ""))),
            "has not the highest score",
        ),
        "first layer only": (
            changed((PREDICT, "        return X.dot(self.params['W1']).argmax(axis=1)\n")),
            "has not the highest score",
        ),
        "one label": (changed(("['b2'], axis=1)", "['b2'])")), "an array of N labels"),
    },
}


# Of these the smallest examples are looked for; of the others it would take most of the time.
SHRUNK = ("half of the step", "no maximum")


@pytest.fixture(scope="module")
def rubric() -> Rubric:
    return load_rubric(edition="two-layer-net")


def results(sandbox: Sandbox, rubric: Rubric, code: str) -> dict[str, CheckResult]:
    submission = as_called(submission_of({"TwoLayerNet": (code, "TwoLayerNet")}), rubric)
    return {r.id: r for r in results_of(sandbox, submission, rubric)}


@pytest.mark.parametrize("style", RIGHT)
def test_right_code_passes_in_every_style(sandbox: Sandbox, rubric: Rubric, style: str) -> None:
    found = results(sandbox, rubric, RIGHT[style])
    assert {
        check: f"{r.message}\n{r.expected}\n{r.got}" for check, r in found.items() if r.status != "passed"
    } == {}


@pytest.mark.parametrize(("check", "mistake"), [(check, name) for check in WRONG for name in WRONG[check]])
def test_a_mistake_fails_and_is_told_in_words(
    sandbox: Sandbox, rubric: Rubric, check: str, mistake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = WRONG[check][mistake]
    if mistake not in SHRUNK:
        monkeypatch.setattr(each_example, "smallest", lambda fails, example, failure: failure)
    result = results(sandbox, rubric, code)[check]
    assert result.status == "failed"
    assert said in (result.message if result.diagnosis is None else result.diagnosis.title)
    assert result.counterexample is not None
    assert mistake not in SHRUNK or len(result.counterexample.code) < 1300
