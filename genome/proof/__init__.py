"""What is true of a place now: the proof ladder, the verdict and the refresh plan."""
