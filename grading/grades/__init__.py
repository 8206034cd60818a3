"""The records of a hand-in: its grade, its due date, its owner; and files that are written whole or not at all.

Values without behaviour: everything above may import them. Reports are written from nothing else.
"""
