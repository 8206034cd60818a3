"""Asking a hand-in's functions, and judging what they answer: hundreds of cases at once."""
