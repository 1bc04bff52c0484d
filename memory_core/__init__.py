"""What is learned, in process, over arrays that the caller hands in; nothing here reads or writes a store."""
