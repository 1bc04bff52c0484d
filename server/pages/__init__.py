"""Pages for people, drawn by the server: no scripts, nothing from outside."""
