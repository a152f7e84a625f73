"""A site of runs served on this machine."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from arena.errors import InputError
from arena.view.site import ASSETS, Site

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

LOOPBACK = "127.0.0.1"
# A page of another site must not read runs through a name that it lets point to this machine.
HOSTS = [LOOPBACK, "localhost"]
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


# Files of a run may be somebody else's: a page or a figure among them is shown as if it came from
# another site, so a script in it cannot read the pages of other runs.
APART = {"Content-Security-Policy": "sandbox allow-scripts allow-downloads allow-popups"}


def application(site: Site) -> Starlette:
    """Return the web application of a site: its pages, read only, for requests to this machine."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Route

    def answer(request: Request) -> Response:
        return _answer(site, request)

    def failed(request: Request, error: Exception) -> Response:
        return _failed(
            site, request.path_params.get("path", ""), f"{type(error).__name__}: {error}"
        )

    guard = Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)
    routes = [Route("/{path:path}", answer)]
    return Starlette(routes=routes, middleware=[guard], exception_handlers={Exception: failed})


def _answer(site: Site, request: Request) -> Response:
    from starlette.responses import FileResponse, Response

    path = request.path_params["path"]
    if path == "favicon.ico":  # browsers ask for it, and note an error if it is not there
        return Response(status_code=204, headers=HEADERS)
    try:
        content = site.page(path, request.query_params.multi_items())
    except InputError as error:
        return _failed(site, path, error)
    if content is None:
        return _html(site.missing(path), 404)
    if isinstance(content, str) and path.endswith(".js"):
        return Response(content.encode(), media_type="text/javascript", headers=HEADERS)
    if isinstance(content, str):
        return _html(content)
    own = path.startswith(f"{ASSETS}/")
    return FileResponse(content, headers=HEADERS if own else HEADERS | APART)


def _failed(site: Site, path: str, error: Exception | str) -> Response:
    return _html(site.failed(path, error), 500)


def _html(text: str, status: int = 200) -> Response:
    from starlette.responses import HTMLResponse

    # Scenarios and results can carry lone surrogates, which UTF-8 cannot.
    return HTMLResponse(text.encode("utf-8", "replace"), status, headers=HEADERS)


def serve(site: Site, port: int) -> None:
    """Serve a site on the loopback interface until the process is interrupted."""
    import uvicorn

    uvicorn.run(application(site), host=LOOPBACK, port=port, log_level="warning")


def refuse_taken(port: int) -> None:
    """Raise InputError if a port of the loopback interface cannot be had."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((LOOPBACK, port))
        except OSError as error:
            rule = f"cannot be served on: {error.strerror}; take another one"
            raise InputError(rule, key="--port", found=str(port)) from None
