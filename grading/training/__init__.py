"""Training on the data set: the data, what the reference comes to on it, and which accuracy may be asked.

Imported by what judges a training, and by what prepares a run.
"""
