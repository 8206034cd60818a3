"""The walls around a worker, built from outside: what it sees, what it may ask the kernel, how it starts and ends.

Those that it imposes on itself are in `sandbox/inside/confining.py`. Imported by `intake`, `sandbox` and rooms above.
"""
