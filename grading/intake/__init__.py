"""Intake: from what a student handed in to text with known definitions. Student code is never run here."""

from grading.intake.find import Found, find, survey
from grading.intake.limits import Limits
from grading.intake.read import read

__all__ = ["Found", "Limits", "find", "read", "survey"]
