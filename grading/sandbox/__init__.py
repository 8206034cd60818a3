"""Where student code runs: a worker process that answers calls and knows nothing.

`walls` surround it, `inside` is the worker's own side, and both sides share `grading.protocol`. Rooms that judge import
`client` and `messages`.
"""
