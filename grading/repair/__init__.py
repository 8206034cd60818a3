"""Finding the smallest change of a student's own text that makes a wrong function right, and proving that it does.

Nothing here decides about points, and nothing of it is imported where all is right. Imported by `running` alone.
"""
