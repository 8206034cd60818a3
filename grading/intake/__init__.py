"""Turns hand-ins into text with known definitions; student code is never run here.

Untrusted bytes are read through `reader.Reader`, in processes that the kernel ends if a file is too much for them.
Imported by all code that uses a `Submission`, or shows a harmless picture or page of its contents.
"""
