"""What is learned, in process. Empty until the first mechanism beats its baseline on a committed benchmark."""
