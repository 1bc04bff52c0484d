"""What can be asked: plain synchronous methods that every front door calls."""
