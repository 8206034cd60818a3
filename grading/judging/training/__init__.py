"""Training on the data set: the data, the reference's results on it, and which accuracy can be required."""
