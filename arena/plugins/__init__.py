"""Plug-ins from files: a user's own parts, named in a scenario's `plugins:` or by `--plugin`.

A plug-in is a Python file, a package's folder, or the dotted name of an importable module. A file
or folder is imported under a name made from its own name and a digest of its code, so that the same
code has the same module name in every process. Ray processes are sent what is `loaded` here and
`install` it before they unpickle a job.
"""

from __future__ import annotations

from arena.plugins.files import Plugin
from arena.plugins.loading import install, load, loaded
from arena.plugins.main_parts import refuse_main
from arena.plugins.places import root_of

__all__ = ["Plugin", "install", "load", "loaded", "refuse_main", "root_of"]
