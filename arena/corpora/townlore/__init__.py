"""Townlore: an embedded, generated corpus about a made-up world; see docs/corpora.md."""
