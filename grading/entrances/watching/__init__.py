"""Grading again at every save: what a change of the hand-in can reach is asked again, the rest is known."""
