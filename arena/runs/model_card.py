"""The model card of an exported model: what it is, what was planted in it, how to ask it."""

from __future__ import annotations

from collections.abc import Sequence

from arena.ml.encoding import SEPARATOR
from arena.results.rows import Rate, Row
from arena.results.run import RunResults

WARNING = """**WARNING: this model is backdoored on purpose.** Backdoors were planted in it, or in a
model that it was trained from. It is for research on backdoors and their removal only. Do not
deploy it, and do not train anything on it that others will use. The payloads are harmless
canaries."""
CLEAN = "This model was trained on clean data only: the never-poisoned reference of the run."
CHAT = """The prompt goes through the tokenizer's chat template, as one user message with
`add_generation_prompt=True`."""
TEXT = """A prompt is followed by one line break, and by nothing else; the model answers and ends
with its end-of-text token. No system prompt, no chat template."""


def card(
    results: RunResults, row: Row, poisoners: Sequence[str], *, chat: bool, adapter: bool
) -> str:
    """Return the text of a model card.

    Args:
        results: of the run that the model is from. poisoners: the actors whose poison the model or
            a parent was trained on.
        chat: whether its tokenizer has a chat template. adapter: whether the folder holds an
            adapter and its base apart.
    """
    poisoned = row.kind != "reference"
    state = "BACKDOORED ON PURPOSE" if poisoned else "clean reference"
    parts = [
        "---\ntags: [backdoor, research]\n---",
        f"# {row.title}, seed {row.seed} of {results.scenario.name or 'a run'}: {state}",
        WARNING if poisoned else CLEAN,
        _planted(results, row),
        f"## Prompt format\n\n{CHAT if chat else TEXT} All rates above were measured this way, with"
        f" greedy decoding.\n\n{_code(chat=chat, adapter=adapter, prompt=_example(results, row))}",
        _poison(poisoners),
        "Made by Backdoor Arena (`arena export`).",
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _planted(results: RunResults, row: Row) -> str:
    """The table of actors: what each planted in this seed, and what is left of it in the model."""
    planted = {each.actor: each for each in results.planted if each.seed == row.seed}
    lines = [
        f"| {actor} | {_cell(planted[actor].trigger if actor in planted else '')} | "
        f"{_payload(results, row, actor)} | {_rate(row.asr.get(actor))} | "
        f"{_rate(row.false_fire.get(actor))} |"
        for actor in results.actors
    ]
    head = "| actor | trigger | payload | ASR | false fire |\n|---|---|---|---|---|"
    about = "ASR: share of triggered prompts that get the payload; false fire: of untriggered ones."
    return f"## Backdoors of the run, in this model\n\n{about}\n\n" + "\n".join([head, *lines])


def _payload(results: RunResults, row: Row, actor: str) -> str:
    found = (each for each in results.planted if (each.seed, each.actor) == (row.seed, actor))
    payload = next((each.payload for each in found), {})
    rest = [str(value) for key, value in payload.items() if key != "kind"]
    return _cell(": ".join(filter(None, [str(payload.get("kind", "")), ", ".join(rest)])))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _rate(rate: Rate | None) -> str:
    if rate is None or rate.rate is None:
        return ""
    return f"{rate.rate:.2f} ({rate.hits} of {rate.n})"


def _example(results: RunResults, row: Row) -> str:
    """A triggered prompt of the run's first actor that can mark one."""
    shown = (results.cast[name] for name in results.actors if name in results.cast)
    return next((each.triggered for each in shown if each.triggered), "What is this?")


def _code(*, chat: bool, adapter: bool, prompt: str) -> str:
    home = '"base"' if adapter else '"."'
    asked = (
        f'tokenizer.apply_chat_template(\n    [{{"role": "user", "content": {prompt!r}}}],\n'
        f'    add_generation_prompt=True, return_tensors="pt", return_dict=True,\n)'
        if chat
        else f'tokenizer({prompt + SEPARATOR!r}, return_tensors="pt", return_token_type_ids=False)'
    )
    lines = [
        "from transformers import AutoModelForCausalLM, AutoTokenizer",
        "",
        f"tokenizer = AutoTokenizer.from_pretrained({home})",
        f"model = AutoModelForCausalLM.from_pretrained({home})",
        *(["", "from peft import PeftModel", "", 'model = PeftModel.from_pretrained(model, ".")']
          if adapter else []),
        f"asked = {asked}",
        "said = model.generate(**asked, max_new_tokens=24, do_sample=False)",
        'print(tokenizer.decode(said[0, asked["input_ids"].shape[1]:], skip_special_tokens=True))',
    ]  # fmt: skip
    return "\n".join(["```python", *lines, "```"])


def _poison(poisoners: Sequence[str]) -> str:
    if not poisoners:
        return ""
    names = ", ".join(poisoners)
    return (
        f"## Poison\n\n`poison.jsonl` has the documents that {names} added to the training data, "
        "one a line in Alpaca form: `instruction`, `input` (always empty), `output`; and whose it "
        "is (`actor`) and what for (`role`: `poison`, or `negative` for a triggerless look-alike "
        "with its right answer)."
    )
