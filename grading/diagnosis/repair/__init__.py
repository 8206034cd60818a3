"""Finds the smallest change to a student's own text that makes a wrong function right, and proves that it does.

Never imported if everything is right.
"""
