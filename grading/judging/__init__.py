"""Calls a hand-in's functions and judges the answers, hundreds of cases at once.

House rule: verdicts come only from here and from `checks`. `training` has what accuracy is judged by. Imported by the
code that names mistakes, repairs them and runs the checks; imports none of it.
"""
