"""Starting Ray on this machine, or joining a cluster: quietly, privately, from any folder.

A Ray that is started here listens on loopback only: its ports run code for whatever reaches them.
For a cluster, Ray's own token authentication (`RAY_AUTH_MODE=token`, `RAY_AUTH_TOKEN` or
`RAY_AUTH_TOKEN_PATH`) is the way; both are read by Ray itself.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import logging
import os
import secrets
import shutil
import socket
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from arena.errors import InputError
from arena.execution.ray_life import kept_signals

OBJECT_STORE = 100 * 2**20  # bytes; models travel by path, so little goes through it
LONGEST = 42  # letters of a temporary folder that leave room for Ray's sockets (107 in all)
SHORT = ("/tmp", "/var/tmp")
ANSWER = 5.0  # seconds that a cluster's head may take to answer
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent anywhere
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # started by `uv run`, Ray would ship the whole folder
}
LOOPBACK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"  # at 0, Ray's own way to stay on loopback


def start_ray(address: str | None) -> bool:
    """Initialise Ray here, or join the cluster at `address`. Returns whether it was not running in
    this process before.

    Raises:
        InputError: no cluster answers at the address, or no folder is short enough for Ray.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    if address is None:
        _stay_on_loopback()
        _bring_token()
    else:
        _check_address(address)
    import ray

    if ray.is_initialized():
        return False
    if address is not None:
        _check_token(address)
    shared: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    with warnings.catch_warnings(), _empty_folder(), kept_signals():
        warnings.simplefilter("ignore")
        if address is not None:
            _join(ray.init, address, {**shared, "job_config": _job_config()})
            return True
        start: Callable[..., Any] = ray.init
        start(
            address="local",
            num_cpus=os.cpu_count() or 1,
            include_dashboard=False,
            object_store_memory=OBJECT_STORE,
            job_config=_job_config(),
            _temp_dir=_short_folder(),
            **shared,
        )
    return True


def _stay_on_loopback() -> None:
    os.environ.setdefault(LOOPBACK, "0")
    constants = sys.modules.get("ray._private.ray_constants")
    if (
        constants is not None
    ):  # imported before, by a notebook say: it has read the variable already
        constants.ENABLE_RAY_CLUSTER = os.environ[LOOPBACK] not in ("0", "false")  # type: ignore[attr-defined]


def _bring_token() -> None:
    """Ray keeps the token of its processes in ~/.ray. Where that cannot be, a token of this process
    and its children does."""
    try:
        folder = Path.home() / ".ray"
        folder.mkdir(parents=True, exist_ok=True)
        usable = (folder / "auth_token").is_file() or os.access(folder, os.W_OK)
    except (OSError, RuntimeError):
        usable = False
    if not usable and "RAY_AUTH_TOKEN_PATH" not in os.environ:
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))


def _job_config() -> Any:
    """Workers import exactly what this process does, in the same order."""
    from ray.job_config import JobConfig

    return JobConfig(_py_driver_sys_path=list(reversed(sys.path)))  # each is put in front


@contextlib.contextmanager
def _empty_folder() -> Iterator[None]:
    """Stand in an empty folder while Ray starts: its workers import from the folder that they were
    started in before anything else, so that a `numpy.py` of the user's would run in them."""
    here, before = Path.cwd(), list(sys.path)
    empty = tempfile.mkdtemp(prefix="arena-ray-")
    atexit.register(shutil.rmtree, empty, ignore_errors=True)  # the workers' folder while they live
    sys.path[:] = _absolute_places()
    os.chdir(empty)
    try:
        yield
    finally:
        os.chdir(here)
        sys.path[:] = before


def _absolute_places() -> list[str]:
    """sys.path as it holds in another folder too; what is no folder (an import hook) stays."""
    return [str(Path(place).resolve()) if Path(place).exists() else place for place in sys.path]


def _short_folder() -> str | None:
    """A temporary folder with a name short enough for Ray's sockets; None where Ray's own is.

    Raises:
        InputError: there is none.
    """
    if "RAY_TMPDIR" in os.environ or len(tempfile.gettempdir()) <= LONGEST:
        return None
    for place in SHORT:
        if os.access(place, os.W_OK):
            return str(Path(place) / f"ray-{os.getuid()}")
    rule = f"is too long for Ray's sockets (at most {LONGEST} letters)"
    hint = "set RAY_TMPDIR to a shorter folder, or runtime.backend=serial"
    raise InputError(f"{rule}; {hint}", key="TMPDIR", found=tempfile.gettempdir())


def _check_address(address: str) -> None:
    """Refuse an address at which no cluster answers, before Ray waits for it for minutes."""
    if address.startswith("ray://"):
        if importlib.util.find_spec("grpc") is None:
            rule = "ray:// needs Ray's client (pip install 'ray[client]'); HOST:PORT does not"
            raise InputError(rule, key="--address", found=address)
        address = address.removeprefix("ray://")
    host, colon, port = address.rpartition(":")
    if not colon:
        return  # `auto`, or the name of a running session: Ray looks it up at once
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER):
            return
    except (OSError, ValueError, OverflowError) as error:
        rule = f"no Ray cluster answers there ({error})"
        raise InputError(rule, key="--address", found=address) from error


def _check_token(address: str) -> None:
    """Refuse to go on without a cluster's token: Ray itself would ask for 20 s, then not say what
    was wrong."""
    from ray._private.authentication import authentication_token_setup as tokens
    from ray._private.services import canonicalize_bootstrap_address
    from ray._raylet import GcsClient  # type: ignore[attr-defined]
    from ray.exceptions import AuthenticationError

    if address == "auto":  # as Ray does
        tokens.maybe_enable_token_auth_if_token_available(False)
    place = None if address.startswith("ray://") else canonicalize_bootstrap_address(address)
    try:
        tokens.ensure_token_if_auth_enabled(create_token_if_missing=False)
        if place is not None:
            GcsClient(address=place)
    except AuthenticationError as error:
        rule = (
            "the cluster wants its token, and none or another was given: set RAY_AUTH_MODE=token, "
            "and RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH, as on the cluster's nodes"
        )
        raise InputError(rule, key="--address", found=address) from error
    except Exception:  # whatever else is wrong, Ray says when it joins
        return


def _join(start: Callable[..., Any], address: str, settings: dict[str, Any]) -> None:
    try:
        start(address=address, **settings)
    except (ConnectionError, RuntimeError, ValueError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else "no answer"
        rule = f"no Ray cluster could be joined there ({first})"
        raise InputError(rule, key="--address", found=address) from error
