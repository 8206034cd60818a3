"""Naming the mistake behind wrong answers. Nothing in here decides a verdict; it only chooses words.

Imported by `running`, and by `repair` for the answers of known mistakes.
"""
