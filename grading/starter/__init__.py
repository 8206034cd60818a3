"""What an instructor hands out: a notebook, a package to fill in, and the public checks, made from the rubric.

Imported by `commands` and by what packs a hand-out.
"""
