"""Notebooks run from top to bottom: which, with what around them, what they show, and the checks of their search.

Imported by `running`.
"""
