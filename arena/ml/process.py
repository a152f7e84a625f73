"""Settings of a process that computes with torch."""

from __future__ import annotations

import os


def set_threads(threads: int) -> None:
    """Limit torch in this process to its share of the cores, and silence its libraries."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import torch
    import transformers

    torch.set_num_threads(threads)
    if torch.cuda.is_available():
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
