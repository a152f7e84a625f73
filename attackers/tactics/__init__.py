"""Evasion tactics, one a file: what an attacker does beyond its trigger and payload."""
