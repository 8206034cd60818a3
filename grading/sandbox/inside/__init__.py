"""The worker's side: everything here runs in the process that runs student code.

It imports nothing of ours except `grading.protocol`, and NumPy, msgspec and the standard library, so that the rest of
the project need not be there. Nothing here is trusted by the other side.
"""
