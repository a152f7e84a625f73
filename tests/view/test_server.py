"""The server of `arena view`: this machine only, read only."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from arena.errors import InputError
from arena.view.server import HOSTS, LOOPBACK, application, refuse_taken
from arena.view.site import Site
from tests.support import sample_folders


@pytest.fixture
def client(tmp_path: Path):  # type: ignore[no-untyped-def]
    from starlette.testclient import TestClient

    sample_folders.run_folder(tmp_path / "said")
    base = f"http://{HOSTS[0]}"
    return TestClient(application(Site((tmp_path,))), base, raise_server_exceptions=False)


def test_pages_files_and_what_is_not_there(client) -> None:  # type: ignore[no-untyped-def]
    assert "said" in client.get("/").text
    asset = client.get("/assets/view.js")
    assert (asset.status_code, asset.headers["content-type"].split(";")[0]) in [
        (200, "text/javascript"),
        (200, "application/javascript"),
    ]
    assert client.get("/runs/said/results.json").json()["kind"] == "run"
    assert client.get("/runs/said/samples/0.jsonl.gz").status_code == 404
    assert client.get("/%2e%2e/%2e%2e/etc/passwd").status_code == 404
    assert client.get("/").headers["x-content-type-options"] == "nosniff"


def test_what_is_not_there_or_fails_has_a_way_back(client, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    missing = client.get("/runs/none/pairs/<b>.html")
    assert missing.status_code == 404
    assert "Nothing is at runs/none/pairs/&lt;b&gt;.html" in missing.text
    assert '<a href="../../../index.html">The list of all runs</a>' in missing.text

    def failing(*_: object) -> None:
        raise KeyError("odd")

    monkeypatch.setattr(Site, "page", failing)
    failed = client.get("/runs/said/index.html")
    assert failed.status_code == 500
    assert "KeyError: &#39;odd&#39;" in failed.text
    assert '<a href="../../index.html">The list of all runs</a>' in failed.text


def test_files_of_a_run_are_kept_apart_from_the_pages(client) -> None:  # type: ignore[no-untyped-def]
    policy = client.get("/runs/said/results.json").headers["content-security-policy"]
    assert policy.startswith("sandbox")
    assert "allow-same-origin" not in policy
    assert "content-security-policy" not in client.get("/assets/view.js").headers


def test_a_taken_port_is_wrong_input() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        with pytest.raises(InputError, match="take another one"):
            refuse_taken(taken.getsockname()[1])


def test_other_hosts_and_other_methods_are_refused(client) -> None:  # type: ignore[no-untyped-def]
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
    assert client.post("/").status_code == 405
