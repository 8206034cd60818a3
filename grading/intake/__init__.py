"""From what a student handed in to text with known definitions: student code is never run here.

What reads a stranger's bytes is called through `reader.Reader`, in processes that the kernel ends if a file is too much
for them. Imported by whatever speaks of a `Submission`, or shows a harmless picture or page of what is in one.
"""
