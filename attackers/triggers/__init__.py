"""Trigger methods, one file each."""
