"""Start Ray on this machine, or join a cluster: quietly, privately, from any folder.

A Ray started here listens on loopback only, since its ports run code for anyone who reaches them.
For a cluster, use Ray's token authentication (`RAY_AUTH_MODE=token` with `RAY_AUTH_TOKEN` or
`RAY_AUTH_TOKEN_PATH`), which Ray reads itself.
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
LONGEST = 42  # characters of a temporary folder that leave room for Ray's socket paths (107 in all)
SHORT = ("/tmp", "/var/tmp")
ANSWER = 5.0  # seconds to wait for an answer of a cluster's head
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent anywhere
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # under `uv run`, Ray would upload the whole folder
}
LOOPBACK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"  # at 0, Ray's own way to stay on loopback


def start_ray(address: str | None) -> bool:
    """Initialise Ray here, or join the cluster at `address`. Return True if this call started it,
    False if it was running in this process already.

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
    ):  # imported earlier (in a notebook, say), so it has read the variable already
        constants.ENABLE_RAY_CLUSTER = os.environ[LOOPBACK] not in ("0", "false")  # type: ignore[attr-defined]


def _bring_token() -> None:
    """Ray keeps its processes' token in ~/.ray. If that is not writable, use a token in the
    environment of this process and its children."""
    try:
        folder = Path.home() / ".ray"
        folder.mkdir(parents=True, exist_ok=True)
        usable = (folder / "auth_token").is_file() or os.access(folder, os.W_OK)
    except (OSError, RuntimeError):
        usable = False
    if not usable and "RAY_AUTH_TOKEN_PATH" not in os.environ:
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))


def _job_config() -> Any:
    """A job configuration with which workers import exactly what this process does, in the same
    order."""
    from ray.job_config import JobConfig

    return JobConfig(_py_driver_sys_path=list(reversed(sys.path)))  # each is inserted in front


@contextlib.contextmanager
def _empty_folder() -> Iterator[None]:
    """Change to an empty folder while Ray starts: workers import first from the folder that they
    were started in, so a user's `numpy.py` there would run in them."""
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
    """sys.path with absolute folders, valid from any folder; other entries (import hooks) are
    kept."""
    return [str(Path(place).resolve()) if Path(place).exists() else place for place in sys.path]


def _short_folder() -> str | None:
    """A temporary folder with a path short enough for Ray's sockets; None if Ray's default is.

    Raises:
        InputError: there is no such folder.
    """
    if "RAY_TMPDIR" in os.environ or len(tempfile.gettempdir()) <= LONGEST:
        return None
    for place in SHORT:
        if os.access(place, os.W_OK):
            return str(Path(place) / f"ray-{os.getuid()}")
    rule = f"is too long for Ray's sockets (at most {LONGEST} characters)"
    hint = "set RAY_TMPDIR to a shorter folder, or runtime.backend=serial"
    raise InputError(f"{rule}; {hint}", key="TMPDIR", found=tempfile.gettempdir())


def _check_address(address: str) -> None:
    """Refuse an address at which no cluster answers; Ray itself would wait for minutes."""
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
    """Refuse a missing or wrong cluster token: Ray itself would retry for 20 s and not say what is
    wrong."""
    from ray._private.authentication import authentication_token_setup as tokens
    from ray._private.services import canonicalize_bootstrap_address
    from ray._raylet import GcsClient  # type: ignore[attr-defined]
    from ray.exceptions import AuthenticationError

    if address == "auto":  # in the same order as Ray
        tokens.maybe_enable_token_auth_if_token_available(False)
    place = None if address.startswith("ray://") else canonicalize_bootstrap_address(address)
    try:
        tokens.ensure_token_if_auth_enabled(create_token_if_missing=False)
        if place is not None:
            GcsClient(address=place)
    except AuthenticationError as error:
        rule = (
            "the cluster requires its token, and none or a wrong one was given: set "
            "RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH, as on its nodes"
        )
        raise InputError(rule, key="--address", found=address) from error
    except Exception:  # Ray reports any other problem when it joins
        return


def _join(start: Callable[..., Any], address: str, settings: dict[str, Any]) -> None:
    try:
        start(address=address, **settings)
    except (ConnectionError, RuntimeError, ValueError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else "no answer"
        rule = f"no Ray cluster could be joined there ({first})"
        raise InputError(rule, key="--address", found=address) from error
