"""From a question to ranked places with reasons."""
