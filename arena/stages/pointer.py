"""A checkpoint made elsewhere, as the base or as the suspect: only its location is stored."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from arena.api.job import Detail, Inputs, Job, Progress
from arena.errors import InputError
from arena.ml.prompt_format import PromptFormat, formatted


@dataclass(frozen=True)
class PointerJob(Job):
    """Store where a checkpoint is: a folder, or an id of the model hub.

    files: name and SHA-256 of a folder's files, so that other weights give another address.
    adapter, adapter_files: the same of a LoRA adapter on it. key: of the scenario, for errors.
    prompt: in which form it reads prompts; where that is set, the tokenizer is stored as well.

    Raises:
        InputError: neither a folder nor the hub has it, or it is no language model.
    """

    kind = "pointer"

    pretrained: str
    files: tuple[tuple[str, str], ...] = ()
    adapter: str | None = None
    adapter_files: tuple[tuple[str, str], ...] = ()
    key: str = "model.pretrained"
    prompt: PromptFormat | None = None

    def run(self, inputs: Inputs, out: Path, progress: Progress) -> Detail:
        from transformers import AutoConfig

        from arena.ml import encoding, models

        try:
            AutoConfig.from_pretrained(self.pretrained, trust_remote_code=False)
        except (OSError, ValueError) as error:
            rule = "is neither a checkpoint folder (see --data) nor available from the model hub"
            raise InputError(rule, key=self.key, found=self.pretrained) from error
        content = {"pretrained": self.pretrained}
        if self.adapter is not None:
            content["adapter"] = self.adapter
        (out / "parent.json").write_text(json.dumps(content))
        if self.prompt is not None:
            tokenizer = encoding.load_tokenizer(models.tokenizer_home(out))
            formatted(tokenizer, self.prompt).save_pretrained(out)
        return {}
