"""Grading on the machines of a `dask.distributed` cluster: the same work, done elsewhere.

Imported by `commands` alone; what comes in at a worker's end begins in `worker`.
"""
