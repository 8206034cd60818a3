"""Asking a hand-in's functions, and judging what they answer: a thousand cases at once."""
