"""What is behind wrong answers: the mistake by its name, and in `repair` the smallest change that undoes it.

Nothing in here decides a verdict or about points; it only chooses words. Imported by `running` alone.
"""
