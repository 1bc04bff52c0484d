"""The lanes: each a way to find places, in a file of its own."""
