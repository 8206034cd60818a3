"""Runs notebooks from top to bottom: which ones, with which files, what they show, and the checks of their search.

Imported by `running`.
"""
