"""What is known, durably: one SQLite file, how files are read into it, searched, and proven against the disk."""
