"""Where student code runs: a worker process that answers calls and knows nothing.

`walls` surround it, `inside` is its own side, and `grading.protocol` what it and we have in common. Whoever judges
imports `client` and `messages`.
"""
