"""How it is done: from what a student handed in to a grade report."""
