"""Counters, when they are open, and who comes when."""
