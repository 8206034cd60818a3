"""Editions of the assignment: the same mathematics, called in other ways.

What differs is data: a rubric in ``checks/editions``, whose ``[calling]`` says how students' functions are called. The
checks know of none of it: `grading.sandbox.inside.adapting` stands between their calls and the student's functions, and
`grading.editions.wording` puts what a student reads into the student's own form. Imported by what runs
checks and names mistakes, and by the starter.
"""
