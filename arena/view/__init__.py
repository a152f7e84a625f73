"""Runs in the browser: a list, every run, pair, model and sample, and runs side by side."""
