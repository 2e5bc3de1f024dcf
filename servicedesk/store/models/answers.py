"""Answers and documents that people read instead of asking."""
