"""How it is done: from what a student handed in to a grade report."""

from pathlib import Path

PREFIX = __name__.removesuffix("grading")
"""What stands before the names of our modules: nothing in a checkout, ``subgrader.`` where that is installed."""

PROGRAM = "subgrader" if PREFIX else "grader.py"
"""What the command line is called here."""

SUITE = Path(__file__).resolve().parent.parent
"""The folder that `reference`, `checks` and `grading` lie in."""

HOME = SUITE.parent if PREFIX else SUITE
"""The folder in which Python finds us."""
