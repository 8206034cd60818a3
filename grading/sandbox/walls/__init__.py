"""The walls around a worker, built from outside: what it sees, what it may ask the kernel, how it starts and ends.

Those that it imposes on itself are in `grading.sandbox.inside.confining`. Imported by `sandbox`, `intake`, `running`
and `commands`.
"""
