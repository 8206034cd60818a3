"""The gradebook: a database beside the reports, with every hand-in, verdict and mark (docs/gradebook.md).

A *verdict* is the result of running the checks on a hand-in; it is identified by the hand-in's bytes and by everything
that decides it. A *mark* is what a verdict is worth: points, and the factor for being late. Marks are computed from
verdicts without running any student code, so nobody is graded again because points, the title or the rule for late work
have changed. People give marks in `marking`. Imported only by `commands`.
"""
