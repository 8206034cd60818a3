"""Defines what is true: the losses, their accepted gradients and error bounds, SGD, the data, the known mistakes.

Pure NumPy. Imports nothing else from this project, and no student code can ever read it.
"""
