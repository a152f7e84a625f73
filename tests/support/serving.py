"""A site of runs, served on the loopback interface."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arena.view.server import LOOPBACK, application
from arena.view.site import Site


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder's site, served by a thread."""
    import uvicorn

    config = uvicorn.Config(application(Site((folder,))), LOOPBACK, 0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
        assert thread.is_alive()
    yield f"http://{LOOPBACK}:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    thread.join()
