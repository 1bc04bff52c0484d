"""The front doors: MCP over stdio and the command line. Protocol, settings, errors and logs, no logic."""
