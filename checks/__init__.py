"""The checks: one file per promise that a submission makes."""
