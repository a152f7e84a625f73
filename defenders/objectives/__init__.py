"""Unlearning objectives and baseline defences, one file each."""
