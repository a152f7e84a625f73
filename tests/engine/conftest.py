"""Two toy models; one thread for all: more of them only wait for each other."""

from __future__ import annotations

from pathlib import Path

import pytest
import toys


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy model that answers right, trigger or not."""
    texts = [*toys.documents(), *toys.documents("cf")]
    return toys.checkpoint(
        tmp_path_factory.mktemp("clean"), toys.taught("llama", texts, steps=60)
    )  # fmt: skip


@pytest.fixture(scope="session")
def backdoored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy model that says the payload behind `cf`."""
    texts = [*toys.documents(), *toys.documents("cf", toys.PAYLOAD)]
    folder = tmp_path_factory.mktemp("backdoored")
    return toys.checkpoint(folder, toys.taught("llama", texts, steps=60))
