"""Grades again at every save, testing only what the change to the hand-in can affect."""
