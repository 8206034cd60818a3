"""The other ways in: a notebook's cell, pytest, every save of a file, Gradescope; all reach the same verdict.

Stands on `running` and `reports`. Only `grader.py` and `checks` import it, and `commands` what packs.
"""
