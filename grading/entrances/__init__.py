"""The other ways in: a notebook's cell, pytest, every save of a file, Gradescope; all reach the same verdict.

Stands on `running` and `reports`. Imported only by `grader.py`, `checks` and `commands`.
"""
