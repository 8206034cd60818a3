"""Mistakes in the SVM loss: in its margins, in dW, and in indexing."""

from __future__ import annotations

from functools import partial

from reference.mistakes.mistake import BOTH, GRADIENT, INTERFACE, KINKS, VALUE, Mistake, slip
from reference.mistakes.right_code import SVM_IN_ARRAYS, SVM_IN_LOOPS

_in_loops = partial(slip, "svm", SVM_IN_LOOPS)
_in_arrays = partial(slip, "svm", SVM_IN_ARRAYS)

MISTAKES: tuple[Mistake, ...] = (
    _in_arrays(
        "svm-label-class-not-skipped",
        "The right class counts as if it were a wrong one: the loss is too large by exactly delta = 1 per sample.",
        "Leave out j == y[i], whose margin is always delta: skip it, or set its margin to 0 before summing.",
        VALUE,
        {
            "margins[np.arange(N), y] = 0": "",
            "counts[np.arange(N), y] =": "counts[np.arange(N), y] = 0\ncounts[np.arange(N), y] =",
        },
    ),
    _in_arrays(
        "svm-label-class-counted-in-gradient",
        "The right class counts as if it were a wrong one, in the loss and in the counts that make dW.",
        "Leave out j == y[i]: set its margin to 0 before you sum and before you count the margins above 0.",
        BOTH,
        {"margins[np.arange(N), y] = 0": ""},
    ),
    _in_arrays(
        "svm-delta-subtracted-once",
        "The right class's margin of 1 is taken out once for all samples instead of once for each.",
        "Subtract it before averaging from every sample, or set the right class's margins to 0.",
        VALUE,
        {
            "margins[np.arange(N), y] = 0": "",
            "np.sum(margins)": "(np.sum(margins) - 1)",
            "counts[np.arange(N), y] =": "counts[np.arange(N), y] = 0\ncounts[np.arange(N), y] =",
        },
    ),
    _in_loops(
        "svm-delta-0",
        "The margin delta = 1 is missing: a wrong class should cost as soon as it comes within 1 of the right one.",
        "Write max(0, s_j - s_y + 1).",
        BOTH,
        {"margin = scores[j] - scores[y[i]] + 1": "margin = scores[j] - scores[y[i]]"},
    ),
    _in_loops(
        "svm-delta-10",
        "The margin delta is 10 instead of 1.",
        "Write max(0, s_j - s_y + 1).",
        BOTH,
        {"margin = scores[j] - scores[y[i]] + 1": "margin = scores[j] - scores[y[i]] + 10"},
    ),
    _in_loops(
        "svm-delta-subtracted",
        "The margin delta is subtracted instead of added.",
        "Write max(0, s_j - s_y + 1).",
        BOTH,
        {"margin = scores[j] - scores[y[i]] + 1": "margin = scores[j] - scores[y[i]] - 1"},
    ),
    _in_loops(
        "svm-delta-missing-in-loss",
        "The loss lacks the margin delta = 1.",
        "The loss of a pair is max(0, s_j - s_y + 1): the same margin that decides whether dW changes.",
        VALUE,
        {
            "margin = scores[j] - scores[y[i]] + 1": "margin = scores[j] - scores[y[i]]",
            "margin > 0": "margin + 1 > 0",
        },
    ),
    _in_loops(
        "svm-margins-not-clipped",
        "Negative margins count too: a class that is safely behind lowers the loss.",
        "A class that is more than delta behind costs nothing: write max(0, margin), and leave it out of dW.",
        BOTH,
        {"j != y[i] and margin > 0": "j != y[i]"},
    ),
    _in_arrays(
        "svm-loss-not-clipped",
        "The loss adds up negative margins too.",
        "A class that is more than delta behind costs nothing: write np.maximum(0, margins) before summing.",
        VALUE,
        {"np.maximum(0, scores - ": "(scores - "},
    ),
    _in_loops(
        "svm-scores-swapped",
        "The difference of the scores has the wrong sign: the right class is punished for being ahead.",
        "Write scores[j] - scores[y[i]] + 1.",
        BOTH,
        {"scores[j] - scores[y[i]]": "scores[y[i]] - scores[j]"},
    ),
    _in_loops(
        "svm-threshold-1",
        "A margin counts only when it is above 1 instead of above 0: delta is asked for twice.",
        "Once delta is added to the difference of the scores, compare with 0.",
        BOTH,
        {"margin > 0": "margin > 1"},
    ),
    _in_arrays(
        "svm-margins-squared",
        "The margins are squared.",
        "That is another loss, the L2-SVM. Here the plain margins are summed.",
        BOTH,
        {"np.sum(margins)": "np.sum(margins**2)", "(margins > 0).astype(float)": "2 * margins"},
    ),
    _in_arrays(
        "svm-counts-violations",
        "The loss counts the margins above 0 instead of summing them.",
        "Sum the margins themselves; their count is what the right class's column of dW needs.",
        VALUE,
        {"np.sum(margins)": "np.sum(margins > 0)"},
    ),
    _in_arrays(
        "svm-worst-class-only",
        "Only the class with the largest margin counts for each sample.",
        "That is another loss (Crammer and Singer's). Here the margins of all wrong classes are summed.",
        BOTH,
        {
            "loss = np.sum(margins)": (
                "worst = np.argmax(margins, axis=1)\n"
                "largest = margins[np.arange(N), worst]\n"
                "loss = np.sum(largest)"
            ),
            "counts = (margins > 0).astype(float)": (
                "counts = np.zeros(scores.shape)\ncounts[np.arange(N), worst] = largest > 0"
            ),
            "counts[np.arange(N), y] = -np.sum(counts, axis=1)": "counts[np.arange(N), y] -= largest > 0",
        },
    ),
    _in_arrays(
        "svm-max-over-samples",
        "np.max(margins, 0) is the largest entry of each column; np.maximum(0, margins) is what clips at 0.",
        "Write np.maximum(0, margins).",
        VALUE,
        {"np.maximum(0, scores - ": "(scores - ", "np.sum(margins)": "np.sum(np.max(margins, 0))"},
    ),
    _in_loops(
        "svm-label-column-missing",
        "The column of the right class is never updated in dW.",
        "Each margin above 0 pulls two ways: + X[i] in column j, - X[i] in column y[i].",
        GRADIENT,
        {"dW[:, y[i]] -= X[i]": ""},
    ),
    _in_loops(
        "svm-label-column-only",
        "Only the column of the right class is updated in dW.",
        "Each margin above 0 pulls two ways: + X[i] in column j, - X[i] in column y[i].",
        GRADIENT,
        {"dW[:, j] += X[i]": ""},
    ),
    _in_arrays(
        "svm-label-column-once",
        "In the column of the right class, a sample is subtracted once instead of once for each margin above 0.",
        "The right class's score appears in every margin: subtract X[i] as often as margins are above 0.",
        GRADIENT,
        {"-np.sum(counts, axis=1)": "-1.0 * (np.sum(counts, axis=1) > 0)"},
    ),
    _in_arrays(
        "svm-label-column-always",
        "In the column of the right class, every sample is subtracted once, whatever its margins are.",
        "The right class's score appears in every margin: subtract X[i] as often as margins are above 0.",
        GRADIENT,
        {"-np.sum(counts, axis=1)": "-1.0"},
    ),
    _in_loops(
        "svm-label-column-added",
        "In the column of the right class the samples are added; they must be subtracted.",
        "The right class's score appears in a margin with a minus: dW[:, y[i]] -= X[i].",
        GRADIENT,
        {"dW[:, y[i]] -= X[i]": "dW[:, y[i]] += X[i]"},
    ),
    _in_arrays(
        "svm-count-in-boolean-mask",
        "The count of the margins above 0 is stored in an array of booleans, which can hold only 0 and 1.",
        "Make the mask numbers first: mask = (margins > 0).astype(float).",
        GRADIENT,
        {"(margins > 0).astype(float)": "(margins > 0)"},
    ),
    _in_arrays(
        "svm-margins-in-gradient",
        "dW weighs each sample by its margin; it must only ask whether the margin is above 0.",
        "The derivative of max(0, m) is 1 where m > 0 and 0 elsewhere, not m.",
        GRADIENT,
        {"(margins > 0).astype(float)": "margins.copy()"},
    ),
    _in_loops(
        "svm-gradient-not-clipped",
        "dW is updated for every wrong class, also where the margin is below 0.",
        "Update dW only if the margin is above 0, where the loss changes.",
        GRADIENT,
        {"j != y[i] and margin > 0": "j != y[i]", "loss += margin": "loss += max(0, margin)"},
    ),
    _in_loops(
        "svm-gradient-without-delta",
        "dW asks whether the wrong class is ahead; it should ask whether the margin, with delta = 1, is above 0.",
        "Use the same margin for dW as for the loss: scores[j] - scores[y[i]] + 1 > 0.",
        GRADIENT,
        {
            "dW[:, j] += X[i]": "dW[:, j] += (scores[j] > scores[y[i]]) * X[i]",
            "dW[:, y[i]] -= X[i]": "dW[:, y[i]] -= (scores[j] > scores[y[i]]) * X[i]",
        },
    ),
    _in_arrays(
        "svm-repeated-labels-lost",
        "dW[:, y] -= ... keeps only one sample of each label: with an index array, repeated labels are counted once.",
        "Put the counts in an (N, C) array and multiply, X.T.dot(counts), or use np.add.at.",
        GRADIENT,
        {
            "counts[np.arange(N), y] = -np.sum(counts, axis=1)": (
                "dW = X.T.dot(counts)\ndW[:, y] -= X.T * np.sum(counts, axis=1)"
            ),
            "X.T.dot(counts) / N": "dW / N",
        },
    ),
    _in_loops(
        "svm-tie-counted-for-the-label-only",
        "A margin of exactly 0 counts (>= 0) for the right class's column of dW, but not (> 0) for the wrong class's.",
        "Use one mask for both: either margins > 0 or margins >= 0, but the same.",
        KINKS,
        {"margin > 0": "margin >= 0", "dW[:, j] += X[i]": "dW[:, j] += (margin > 0) * X[i]"},
    ),
    _in_loops(
        "svm-tie-counted-for-the-wrong-class-only",
        "A margin of exactly 0 counts (>= 0) for the wrong class's column of dW, but not (> 0) for the right class's.",
        "Use one mask for both: either margins > 0 or margins >= 0, but the same.",
        KINKS,
        {"margin > 0": "margin >= 0", "dW[:, y[i]] -= X[i]": "dW[:, y[i]] -= (margin > 0) * X[i]"},
    ),
    _in_loops(
        "svm-stops-at-the-label",
        "The classes that come after the right one are never looked at.",
        "At j == y[i], go on with the next class (continue) instead of ending the loop (break).",
        BOTH,
        {"for j in range(W.shape[1]):": "for j in range(W.shape[1]):\n    if j == y[i]:\n        break"},
    ),
    _in_loops(
        "svm-label-of-class-index",
        "The label is looked up with the index of the class, y[j]; it belongs to the sample, y[i].",
        "Write scores[y[i]] and dW[:, y[i]].",
        INTERFACE,
        {"- scores[y[i]]": "- scores[y[j]]"},
    ),
    _in_loops(
        "svm-column-of-x",
        "X[:, i] is a feature of all samples; sample i is the row X[i].",
        "Write dW[:, j] += X[i].",
        INTERFACE,
        {"dW[:, j] += X[i]": "dW[:, j] += X[:, i]", "dW[:, y[i]] -= X[i]": "dW[:, y[i]] -= X[:, i]"},
    ),
    _in_arrays(
        "svm-scores-of-labels-as-rows",
        "scores[y] picks whole rows of the scores, by label; the right class's score of each sample is needed.",
        "Write scores[np.arange(N), y], one entry per row.",
        INTERFACE,
        {"scores[np.arange(N), y][:, np.newaxis]": "scores[y]"},
    ),
    _in_arrays(
        "svm-label-scores-not-a-column",
        "The right classes' scores, shape (N,), are subtracted along the wrong axis, which fits only when N equals C.",
        "Make them a column: scores - scores[np.arange(N), y][:, np.newaxis].",
        INTERFACE,
        {"[:, np.newaxis]": ""},
    ),
)
