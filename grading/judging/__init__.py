"""Asking a hand-in's functions, and judging what they answer: hundreds of cases at once.

The rules of the house: a verdict comes from here and from `checks` alone. In `training` is what the accuracy is judged
by. Imported by what names mistakes, repairs them and runs the checks; imports none of these.
"""
