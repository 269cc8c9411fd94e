"""Evaluation of the shipped artifact on public and own test sets (offline; needs the data folder)."""
