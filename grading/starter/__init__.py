"""Writes what an instructor hands out: a notebook, a package to fill in, and the public checks, made from the rubric.

Imported by `commands`, and by `entrances` for packing.
"""
