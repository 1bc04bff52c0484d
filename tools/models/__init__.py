"""The shapes that cross the border: what a tool takes and what it returns."""
