"""From what a student handed in to text with known definitions: student code is never run here.

Imported by whatever speaks of a `Submission`; what reads a stranger's bytes is called through `reading`, in processes
that the kernel limits.
"""
