"""What `cistron doctor` looks at: one module a matter, one function a check, each with what it can repair."""
