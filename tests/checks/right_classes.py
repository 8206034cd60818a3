"""Right classifier classes in as many styles as students have: name -> methods, or code in front and methods."""

from __future__ import annotations

from tests.checks.classes import OWN_LOSS, PREDICT, SIGNATURE, START, train_of

_STEP = "loss, grad = self.loss(X[rows], y[rows], reg)\n    history.append(loss)\n    self.W -= learning_rate * grad\n"


def _drawing(draw: str, before: str = "") -> str:
    """The usual train with another way to draw ``rows``."""
    lines = "".join(f"    {line}\n" for line in draw.strip().splitlines())
    return train_of(f"history = []\n{before}for it in range(num_iters):\n{lines}    {_STEP}return history\n")


_DIRECT = """
history = []
for it in range(num_iters):
    rows = np.random.choice(len(X), batch_size, replace=False)
    loss, dW = {loss}_loss(self.W, X[rows], y[rows], reg)
    history.append(loss)
    self.W -= learning_rate * dW
return history
"""

RIGHT_TRAINS: dict[str, str] = {
    "course": _drawing("rows = np.random.choice(X.shape[0], batch_size)"),
    "without_replacement": _drawing("rows = np.random.choice(X.shape[0], batch_size, replace=False)"),
    "randint": _drawing("rows = np.random.randint(0, len(X), size=batch_size)"),
    "permutation_each_step": _drawing("rows = np.random.permutation(X.shape[0])[:batch_size]"),
    "random_sample": _drawing("rows = random.sample(range(len(y)), batch_size)", before="import random\n"),
    "python_choices": _drawing(
        "rows = random.choices(range(len(y)), k=batch_size)", before="import random\n"
    ),
    "unseeded_generator": _drawing(
        "rows = rng.integers(0, len(X), batch_size)", before="rng = np.random.default_rng()\n"
    ),
    "seeded_generator": _drawing(
        "rows = rng.choice(len(X), batch_size, replace=False)", before="rng = np.random.default_rng(7)\n"
    ),
    "seeds_inside": _drawing("rows = np.random.choice(len(X), batch_size)", before="np.random.seed(0)\n"),
    "shuffled_epochs": _drawing(
        """
first = it % (len(X) // batch_size) * batch_size
if first == 0:
    order = np.random.permutation(len(X))
rows = order[first:first + batch_size]
"""
    ),
    "shuffled_once": _drawing(
        "first = it % (len(X) // batch_size) * batch_size\nrows = order[first:first + batch_size]",
        before="order = np.random.permutation(len(X))\n",
    ),
    "boolean_mask": _drawing(
        """
mask = np.zeros(len(X), dtype=bool)
mask[np.random.choice(len(X), batch_size, replace=False)] = True
rows = np.flatnonzero(mask)
"""
    ),
    "batches_by_take_and_a_local_w": train_of(
        """
        losses = np.zeros(num_iters)
        for k in range(num_iters):
            idx = np.random.choice(np.arange(X.shape[0]), size=batch_size, replace=True)
            loss, grad = self.loss(X.take(idx, axis=0), y.take(idx), reg)
            W = self.W - learning_rate * grad
            self.W = W
            losses[k] = loss
            if verbose:
                print("iteration %d: %f" % (k, loss))
        return losses
        """
    ),
    "while_loop_and_shuffle_of_a_copy": train_of(
        """
        history, it = [], 0
        rows = np.arange(X.shape[0])
        while it < num_iters:
            np.random.shuffle(rows)
            Xb, yb = X[rows[:batch_size], :], y[rows[:batch_size]]
            history += [self.loss(Xb, yb, reg=reg)]
            self.W = self.W + (-learning_rate) * history[-1][1]
            it += 1
        return [loss for loss, _ in history]
        """
    ),
    "history_of_small_arrays": train_of(
        """
        history = []
        for _ in range(num_iters):
            rows = np.random.choice(X.shape[0], batch_size)
            loss, dW = self.loss(X[rows], y[rows], reg)
            history.append(np.array([loss]))
            self.W -= dW * learning_rate
        return history
        """
    ),
    "history_of_numpy_numbers_in_a_column": train_of(
        """
        history = np.empty((num_iters, 1))
        for k in range(num_iters):
            rows = np.random.choice(X.shape[0], batch_size)
            history[k], dW = self.loss(X[rows], y[rows], reg)
            np.subtract(self.W, learning_rate * dW, out=self.W)
        return history
        """
    ),
    "loss_and_gradient_asked_separately": train_of(
        """
        history = []
        for _ in range(num_iters):
            rows = np.random.choice(X.shape[0], batch_size)
            history.append(self.loss(X[rows], y[rows], reg)[0])
            self.W -= learning_rate * self.loss(X[rows], y[rows], reg)[1]
        return history
        """
    ),
    "calls_the_function_itself": train_of(_DIRECT),
    "calls_the_function_itself_with_prints": train_of(
        _DIRECT.replace("    history.append", "    if verbose: print(it, loss)\n    history.append")
    ),
    "loss_with_w": train_of(
        """
        history = []
        for _ in range(num_iters):
            rows = np.random.choice(X.shape[0], batch_size)
            loss, dW = self.loss(self.W, X[rows], y[rows], reg)
            history.append(loss)
            self.W -= learning_rate * dW
        return history
        """,
        "\n    def loss(self, W, X, y, reg):\n        return {loss}_loss(W, X, y, reg)\n",
    ),
    "loss_closure": train_of(
        """
        objective = lambda rows: {loss}_loss(self.W, X[rows], y[rows], reg)
        def step():
            loss, dW = objective(np.random.randint(len(y), size=batch_size))
            self.W = self.W - learning_rate * dW
            return float(loss)
        return [step() for _ in range(num_iters)]
        """
    ),
    "matrix": f"    def train(self, X, y, {SIGNATURE}):"
    + START.replace("0.001 *", "np.asmatrix(0.001 *").replace("+ 1)\n", "+ 1))\n")
    + """        history = []
        for _ in range(num_iters):
            rows = np.random.choice(X.shape[0], batch_size)
            loss, dW = self.loss(X[rows], y[rows], reg)
            history.append(loss)
            self.W -= learning_rate * dW
        return history

    def loss(self, X_batch, y_batch, reg):
        return {loss}_loss(np.asarray(self.W), X_batch, y_batch, reg)
""",
    "without_verbose": _drawing("rows = np.random.choice(X.shape[0], batch_size)").replace(
        ", verbose=False", ""
    ),
    "without_defaults": _drawing("rows = np.random.choice(X.shape[0], batch_size)").replace(
        SIGNATURE, "learning_rate, reg, num_iters, batch_size, verbose"
    ),
    "other_defaults": _drawing("rows = np.random.choice(X.shape[0], batch_size)").replace(
        "num_iters=100", "num_iters=30"
    ),
    "starts_from_zeros_and_keeps_notes": f"    def train(self, X, y, {SIGNATURE}):"
    + """
        classes = int(max(y)) + 1
        if not isinstance(self.W, np.ndarray):
            self.W = np.zeros((X.shape[1], classes))
        self.loss_history = []
        for _ in range(num_iters):
            rows = np.random.choice(X.shape[0], batch_size)
            loss, dW = self.loss(X[rows], y[rows], reg)
            self.loss_history.append(loss)
            self.W -= learning_rate * dW
        return self.loss_history
"""
    + OWN_LOSS
    + PREDICT,
}

_ARGMAX = "np.argmax(X.dot(self.W), axis=1)"
RIGHT_PREDICTS: dict[str, str] = {
    "course": f"return {_ARGMAX}",
    "method": "return (X @ self.W).argmax(1)",
    "last_of_a_tie": "S = X.dot(self.W)\nreturn S.shape[1] - 1 - np.argmax(S[:, ::-1], axis=1)",
    "floats": f"y_pred = np.zeros(X.shape[0])\ny_pred[:] = {_ARGMAX}\nreturn y_pred",
    "rows": "return np.array([np.argmax(x.dot(self.W)) for x in X])",
    "transposed": "return np.argmax(self.W.T.dot(X.T), axis=0)",
    "sorting": "return np.argsort(X.dot(self.W), axis=1)[:, -1]",
    "small_integers": f"return {_ARGMAX}.astype(np.uint8)",
    "list": f"return {_ARGMAX}.tolist()",
    "list_of_numpy_numbers": "return [np.argmax(s) for s in X.dot(self.W)]",
    "softmax": "S = np.exp(X.dot(self.W) * 4)\nreturn np.argmax(S / S.sum(axis=1, keepdims=True), axis=1)",
}
