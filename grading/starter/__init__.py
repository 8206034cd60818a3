"""What an instructor hands out: a notebook, a package to fill in, and the public checks, made from the rubric."""
