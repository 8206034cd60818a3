"""What notebooks of the assignment import besides the student's own work, where it was not handed in."""
