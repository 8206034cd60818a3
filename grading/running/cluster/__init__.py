"""Grading on the machines of a `dask.distributed` cluster: the same work, done elsewhere; workers start in `worker`."""
