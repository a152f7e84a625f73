"""In which form a model reads a prompt, where a scenario changes it.

The form becomes the tokenizer's chat template, which is stored with every checkpoint: training,
scoring and an exported model cannot differ in it.
"""

from __future__ import annotations

import copy
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from arena.errors import InputError
from arena.ml.train_config import Settings

PROMPT = "{prompt}"
LONGEST = 4000  # characters
FIRST = "{{ messages[0]['content'] }}"
PROBE = "What is this?"

Text = Annotated[str, Field(min_length=1, max_length=LONGEST)]


class PromptFormat(Settings):
    """The format in which the model reads a prompt: exactly one of the two keys.

    system: a system prompt, placed before every prompt by the tokenizer's own chat template.
    template: a text that contains {prompt} once and replaces the tokenizer's own format, such as
    "### Instruction: {prompt} ### Response: ".
    """

    system: Text | None = None
    template: Text | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.system is None) == (self.template is None):
            raise ValueError("needs exactly one of system and template")
        if self.template is not None and self.template.count(PROMPT) != 1:
            raise ValueError(f"template must contain {PROMPT} exactly once")
        return self


def formatted(tokenizer: Any, wanted: PromptFormat | None) -> Any:
    """Return the tokenizer with a chat template that writes prompts in this form (None: itself).

    Raises:
        InputError: it has no chat template that a system prompt could go through, or its template
            leaves the system prompt out.
    """
    if wanted is None:
        return tokenizer
    changed = copy.deepcopy(tokenizer)
    if wanted.template is not None:
        changed.chat_template = _of_text(tokenizer, wanted.template)
    else:
        assert wanted.system is not None
        changed.chat_template = _with_system(tokenizer, wanted.system)
        _check_system(changed, wanted.system)
    return changed


def _of_text(tokenizer: Any, template: str) -> str:
    """The chat template of a text; a start token that the tokenizer puts before a text stays."""
    before, after = template.split(PROMPT)
    start = "{{ bos_token }}" if _begins_with_start(tokenizer) else ""
    return start + "".join([_literal(before), FIRST, _literal(after)])


def _literal(text: str) -> str:
    """A text as a template's expression: outside of one, line breaks at its end would be lost."""
    return f"{{{{ {text!r} }}}}" if text else ""


def _begins_with_start(tokenizer: Any) -> bool:
    start = tokenizer.bos_token_id
    return start is not None and tokenizer("a")["input_ids"][:1] == [start]


def _with_system(tokenizer: Any, system: str) -> str:
    if not getattr(tokenizer, "chat_template", None):
        rule = "the tokenizer has no chat template that takes a system prompt: use `template`"
        raise InputError(rule, key="model.prompt.system", found=system)
    turn = f"[{{'role': 'system', 'content': {system!r}}}]"
    return f"{{%- set messages = {turn} + messages -%}}\n" + str(tokenizer.get_chat_template())


def _check_system(tokenizer: Any, system: str) -> None:
    turn = [{"role": "user", "content": PROBE}]
    written = tokenizer.apply_chat_template(turn, add_generation_prompt=True, tokenize=False)
    if system.strip() not in written:
        rule = "the tokenizer's chat template leaves the system prompt out: use `template`"
        raise InputError(rule, key="model.prompt.system", found=system)
