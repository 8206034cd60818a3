"""Reading hand-ins in a process of its own, which the kernel ends if a file is too much for it.

Stands on `intake`, which knows how to read, and on the walls of `sandbox`. Whoever needs a hand-in's text, or a
harmless picture or page of what is in it, asks here.
"""
