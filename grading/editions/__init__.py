"""Editions of the assignment: the same mathematics, called in other ways.

The differences are data: a rubric in ``checks/editions``, whose ``[calling]`` says how students' functions are called.
The checks know nothing of it: `grading.sandbox.inside.adapting` translates between their calls and the student's
functions, and `grading.editions.wording` puts what a student reads into the student's own form. Imported by the code
that runs checks and names mistakes, and by the starter.
"""
