"""One thread for toy models; asserts of the shared suite are explained like any other."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("contracts_defender")


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)
