"""Finding the smallest change of a student's own text that makes a wrong function right, and proving that it does.

Nothing of it is imported where all is right.
"""
