"""The gradebook: a database beside the reports, with every hand-in, verdict and mark (docs/gradebook.md).

A *verdict* is what came of asking a hand-in; it is known by the bytes of the hand-in and by all that decides it. A
*mark* is what a verdict is worth: points, and the factor for being late. Marks are worked out from verdicts without
running any student code, so nobody is graded again because points, the title or the rule for late work have changed.
Imported by `commands` and `marking`.
"""
