"""Configuration files of coding agents: where each client keeps them, and how our entry gets in and out."""
