"""The artifact store: content-addressed stages on disk, their maintenance, and digests of code."""
