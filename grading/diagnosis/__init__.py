"""Explains wrong answers: names the mistake, and in `repair` finds the smallest change that undoes it.

Nothing here affects verdicts or points; it only chooses words. Imported only by `running`.
"""
