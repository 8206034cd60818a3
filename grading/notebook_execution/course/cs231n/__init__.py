"""Modules that notebooks of the assignment import besides the student's own work, for hand-ins without them."""
