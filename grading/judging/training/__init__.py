"""Training on the data set: the data, how the reference does on it, and which accuracy can be required."""
