"""What is asked: one file per promise that a submission makes."""
