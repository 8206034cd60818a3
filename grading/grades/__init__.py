"""What is kept of a hand-in: its grade, when it was due, whose it is; and files that are there whole or not at all.

Values, and no behaviour: everything above may import them. Reports are written from nothing else.
"""
