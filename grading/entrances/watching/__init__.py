"""Grading again at every save: only what a change to the hand-in can affect is tested again."""
