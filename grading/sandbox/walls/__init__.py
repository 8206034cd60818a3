"""The walls around a worker, built from outside: what it sees, what it may ask the kernel, how it starts and ends.

What it takes on itself is in `grading.sandbox.inside.confining`. Imported by `sandbox` and by what reads hand-ins.
"""
