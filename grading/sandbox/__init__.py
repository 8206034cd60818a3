"""Where student code runs: a worker process that answers calls and knows nothing."""
