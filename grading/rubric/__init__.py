"""The rubric: the requested functions and checks, their points, and the settings.

The types are in `grading.rubric.settings`: a new setting is a field there, with a line in ``checks/rubric.toml``.
Rubrics are read by `grading.rubric.reading`. Imported by rooms that run checks, judge answers or count points.
"""
