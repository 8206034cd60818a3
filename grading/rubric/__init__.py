"""The rubric: what is asked, what it is worth, and with which settings.

The types are in `grading.rubric.settings`: a new setting is a field there, with a line in ``checks/rubric.toml``.
Reading one is `grading.rubric.reading`. Imported by whatever asks, judges or counts.
"""
