"""Measures beyond firing rates, one folder each."""
