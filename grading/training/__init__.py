"""Training on the data set: the data, how the reference does on it, and which accuracy can be required.

Imported by what judges a training, and by what prepares a run.
"""
