"""The artifact store: addressed stages on disk, their upkeep, the digests of code."""
