"""Experiment trackers, one file each: `runtime.trackers` chooses them, and changes no result."""
