"""The name of the file that makes an artifact whole: it is written last."""

from __future__ import annotations

MANIFEST = "manifest.json"
