"""The name of the manifest file, which is written last and so marks an artifact as complete."""

from __future__ import annotations

MANIFEST = "manifest.json"
