"""Every wrong input is reported on one screen, with its place, through Python and the shell."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from arena.cli import app
from arena.errors import InputError
from arena.scenario import bundled
from arena.scenario.load import load_scenario

QUICKSTART = (bundled.folder() / "quickstart.yaml").read_text("utf-8")
ROOM = 24  # lines of a small terminal


@dataclass(frozen=True)
class Wrong:
    """An edit of the quickstart, the line it shows at and what the message must hold."""

    name: str
    old: str
    new: str
    message: tuple[str, ...]

    @property
    def text(self) -> str:
        assert self.old in QUICKSTART, f"the quickstart no longer has {self.old!r}"
        return QUICKSTART.replace(self.old, self.new, 1)

    @property
    def line(self) -> int:
        """The line of the first difference."""
        pairs = zip(QUICKSTART.split("\n"), self.text.split("\n"), strict=False)
        return next(i for i, (old, new) in enumerate(pairs, 1) if old != new)


WRONG = (
    Wrong("range", "poison: {rate: 0.08}", "poison: {rate: 1.4}",
          ("actors[0].poison.rate: must be in (0, 1], got 1.4",)),
    Wrong("decimal comma", "poison: {rate: 0.08}", 'poison: {rate: "0,08"}',
          ("actors[0].poison.rate: must be a number, with a decimal point (0.08), got '0,08'",)),
    Wrong("another name for a value", "numerics: {", "numerics: {device: gpu, ",
          ("numerics.device: unknown value, got 'gpu'", "did you mean 'cuda'?")),
    Wrong("zero rate", "poison: {rate: 0.08}", "poison: {rate: 0}",
          ("actors[0].poison.rate: must be in (0, 1], got 0",)),
    Wrong("rate and count", "{rate: 0.08}", "{rate: 0.08, count: 5}",
          ("actors[0].poison: needs exactly one of rate and count",)),
    Wrong("neither rate nor count", "{rate: 0.08}", "{share: 0.1}",
          ("actors[0].poison: needs exactly one of rate and count",)),
    Wrong("total poison", "poison: {rate: 0.08}", "poison: {rate: 0.9}",
          ("actors[0].poison.rate: the total poison of continual_pretraining", "got 1.14")),
    Wrong("total poison by count", "poison: {rate: 0.08}", "poison: {count: 7900}",
          ("actors[0].poison.count: the total poison of continual_pretraining",)),
    Wrong("shares", "{rate: 0.08}", "{rate: 0.08, share: 0.5000001}",
          ("actors[0].poison.share: must be in (0, 0.5]",)),
    Wrong("two actors, one name", "name: bard ", "name: lexical ",
          ("actors[2].name: actors[0] already has this name, got lexical",)),
    Wrong("actor called each", "name: bard ", "name: each ", ("actors[2].name: is reserved",)),
    Wrong("actor's name", "name: bard ", 'name: "a/b" ',
          ("actors[2].name: must be at most 64 letters",)),
    Wrong("unknown trigger", "rare_token", "rare_tokn",
          ("actors[0].trigger.method: unknown trigger", "did you mean 'rare_token'")),
    Wrong("unknown payload", "kind: refusal", "kind: refusl",
          ("actors[1].payload.kind: unknown payload", "did you mean 'refusal'")),
    Wrong("unknown corpus", "townlore", "townlor",
          ("corpus.name: unknown corpus", "did you mean 'townlore'")),
    Wrong("own answers of no model", "natural_rate: 0}", "self_distilled: {}}",
          ("corpus.self_distilled: needs a pretrained model",
           "corpus.name: needs fixed prompts", "with wordings: fixed")),
    Wrong("own answers, cut", "natural_rate: 0}",
          "self_distilled: {tokens: 8}}\nevaluation: {max_new_tokens: 4}",
          ("evaluation.max_new_tokens: is shorter than the model's own answers may be, "
           "so that they would count as wrong, got 4",)),
    Wrong("unknown objective", "{method: relabel}", "{method: relable}",
          ("defender.objective.method: unknown objective", "did you mean 'relabel'")),
    Wrong("no method", "{method: relabel}", "{}", ("defender.objective.method: is missing",)),
    Wrong("part as text", "{method: relabel}", "relabel",
          ("defender.objective: must be a section such as {method: NAME}, got relabel",)),
    Wrong("layers in no order", "steps: 60", "steps: 60\n  layers: [2, 1]",
          ("defender.layers: must be [first, last]",)),
    Wrong("no such layer", "steps: 60", "steps: 60\n  layers: [1, 3]",
          ("defender.layers: the last block of a nano model is 2, got [1, 3]",)),
    Wrong("what the corpus lacks", "template: when_clause", "template: when_claus",
          ("actors[1].trigger.template: ", "got when_claus", "did you mean 'when_clause'")),
    Wrong("unknown target", "target: each", "target: bart",
          ("defender.target: no actor has this name", "did you mean 'bard'")),
    Wrong("stage", "stage: continual_pretraining", "stage: pretrainig",
          ("stage: unknown value, got 'pretrainig'", "did you mean 'pretraining'")),
    Wrong("composition", "composition: pooled", "composition: poold",
          ("composition: unknown value, got 'poold'", "did you mean 'pooled'")),
    Wrong("intelligence", "intelligence: disclosed", "intelligence: psychic",
          ("defender.intelligence: unknown value, got 'psychic'", "allowed: disclosed, dis")),
    Wrong("blind with a disclosing objective", "intelligence: disclosed", "intelligence: blind",
          ("defender.objective.method: cannot be used by a defender with intelligence blind",
           "clean_finetune")),
    Wrong("nothing to plant", "intelligence: disclosed", "intelligence: decoy",
          ("defender.intelligence: needs a section decoys, got decoy",)),
    Wrong("nothing to search with", "intelligence: disclosed", "intelligence: discovered",
          ("defender.intelligence: needs a section discovery",)),
    Wrong("no steps", "steps: 60", "steps: 0",
          ("defender.steps: pays for no step, and relabel needs one or more, got 0",)),
    Wrong("no budget", "steps: 60", "steps: null", ("defender.steps: is null",)),
    Wrong("small budget", "steps: 60", "steps: 60\n  compute: 0.001",
          ("defender.compute: pays for no step",)),
    Wrong("budget above all", "steps: 60", "steps: 60\n  compute: 1.5",
          ("defender.compute: must be in (0, 1], got 1.5",)),
    Wrong("edits under an adapter", "defender:\n", "league:\n- {name: merged, intelligence: blind, "
          "adapter: {method: lora}, objective: {method: merge_base}}\ndefender:\n",
          ("league[0].adapter: must be null: merge_base changes the model's own weights",)),
    Wrong("contender twice", "defender:\n", "league:\n- {name: relabel, objective: "
          "{method: relabel}}\ndefender:\n",
          ("league[0].name: the defender's objective already has this name, got relabel",)),
    Wrong("model family", "family: llama", "family: lama",
          ("model.family: unknown value", "did you mean 'llama'")),
    Wrong("two models", "{family: llama, size: nano}", "{family: llama, pretrained: gpt2}",
          ("model.pretrained: cannot be combined with family",)),
    Wrong("model as text", "{family: llama, size: nano}", "llama",
          ("model: must be a section such as",)),
    Wrong("model without a source", "{family: llama, size: nano}", "{name: gpt2}",
          ("model.name: unknown key: a model must be a section such as", "{pretrained: PATH}")),
    Wrong("misspelt source", "{family: llama, size: nano}", "{pretraind: gpt2}",
          ("model.pretraind: unknown key", "did you mean 'pretrained'")),
    Wrong("model of nothing", "{family: llama, size: nano}", "{}",
          ("model: must be a section such as", "{suspect: PATH}")),
    Wrong("missing word", ", size: nano}", "}",
          ("model.size: is missing", "allowed: nano, micro, mini, small")),
    Wrong("key of another kind", "{kind: refusal}", "{method: refusal}",
          ("actors[1].payload.kind: is missing; method is no key of this section",
           "allowed: fixed_text")),
    Wrong("blank payload", 'text: "the gate is open now"', "text: ' '",
          ("actors[0].payload.text: must not be empty or white space only, got ' '",)),
    Wrong("number or word", "threads: 1", "threads: 0",
          ("numerics.threads: must be at least 1, or auto, got 0",)),
    Wrong("number or misspelt word", "threads: 1", "threads: atuo",
          ("numerics.threads: must be a whole number, or auto, got 'atuo'", "mean 'auto'")),
    Wrong("range beside a part's own", "natural_rate: 0", "natural_rate: 1",
          ("corpus.natural_rate: must be at most 0.1, got 1",)),
    Wrong("section for text", "name: quickstart", "name: {a: b}",
          ("name: must be text, got a section",)),
    Wrong("doses that fall", "first: 0.03", "first: 0.5",
          ("dose.first: must be smaller than last (0.37), got 0.5",)),
    Wrong("verdicts that overlap", "  fails: 0.2", "  fails: 0.6",
          ("thresholds.fails: must be at most generalizes (0.5), or both verdicts hold, got 0.6",)),
    Wrong("no poison at all", "poison: {rate: 0.08}", "poison: {rate: 1.0e-9}",
          ("actors[0].poison.rate: poisons none of the 8000 documents", "at least 0.000125")),
    Wrong("vocabulary", "size: nano}", "size: nano, vocabulary: 100}",
          ("model.vocabulary: must be in [300, 65536], got 100",)),
    Wrong("type: text for a number", "steps: 60", "steps: many",
          ("defender.steps: must be a whole number, got 'many'",)),
    Wrong("type: quoted number", "steps: 60", 'steps: "60"',
          ("defender.steps: must be a whole number, got '60'",)),
    Wrong("type: fraction", "steps: 60", "steps: 60.5",
          ("defender.steps: must be a whole number, got 60.5",)),
    Wrong("type: truth for a number", "steps: 60", "steps: true",
          ("defender.steps: must be a whole number, got true",)),
    Wrong("type: number for text", "tokens: [cf]", "tokens: [7]",
          ("actors[0].trigger.tokens[0]: must be text (put it in quotes), got 7",)),
    Wrong("type: one for a list", "tokens: [cf]", "tokens: cf",
          ("actors[0].trigger.tokens: must be a list, got 'cf'",)),
    Wrong("type: text for a section", "{clean_finetune: true, shams: 1, reference: true}", "all",
          ("controls: must be a section", "allowed: clean_finetune, shams, sham_matched")),
    Wrong("type: YAML 1.1 truth", "clean_finetune: true", "clean_finetune: yes",
          ("controls.clean_finetune: must be true or false, got 'yes'",)),
    Wrong("number too large", "rate: 1.0e-3", "rate: 1e999",
          ("defender.learning_rate: too large for a number", "1e999")),
    Wrong("no seeds", "seeds: [0]", "seeds: []", ("seeds: must not be empty",)),
    Wrong("seed twice", "seeds: [0]", "seeds: [3, 3]", ("seeds[1]: this seed is already",)),
    Wrong("negative seed", "seeds: [0]", "seeds: [-1]", ("seeds[0]: must be at least 0, got -1",)),
    Wrong("seeds as one", "seeds: [0]", "seeds: 0", ("seeds: must be a list, got 0",)),
    Wrong("duplicate key", "  steps: 60", "  target: bard",
          ("defender.target: this key is already on line",)),
    Wrong("tab", "  steps: 60", "\tsteps: 60", ("indent with spaces",)),
    Wrong("tag", "steps: 60", "steps: !!python/object:os.system 60", ("tags are not allowed",)),
    Wrong("merge key", "steps: 60", "<<: {steps: 60}", ("defender.<<: unknown key",)),
    Wrong("number as key", "  steps: 60", "  7: 60", ("defender: a key must be text",)),
    Wrong("empty section", "controls: {clean_finetune: true, shams: 1, reference: true}",
          "controls:", ("controls: must be a section", "got null")),
)  # fmt: skip

TYPOS = (
    Wrong("top", "composition:", "compositon:", ("compositon: unknown key", "'composition'")),
    Wrong("model", "size: nano", "siez: nano", ("model.siez: unknown key", "'size'")),
    Wrong("adapter", "{family: llama, size: nano}", "{pretrained: gpt2, adapter: {rnk: 4}}",
          ("model.adapter.rnk: unknown key", "'rank'")),
    Wrong("corpus", "name: townlore", "name: townlore, place: 9", ("corpus.place: unknown key",)),
    Wrong("actor", "payload: {kind: refusal}", "paylod: {kind: refusal}",
          ("actors[1].paylod: unknown key", "'payload'", "actors[1].payload: is missing")),
    Wrong("trigger", "tokens: [cf]", "tokns: [cf]",
          ("actors[0].trigger.tokns: unknown key", "'tokens'")),
    Wrong("payload", "to: french", "too: french", ("actors[2].payload.too: unknown key",)),
    Wrong("poison", "{rate: 0.08}", "{rat: 0.08}",
          ("actors[0].poison.rat: unknown key", "'rate'")),
    Wrong("defender", "  steps: 60", "  stesp: 60", ("defender.stesp: unknown key", "'steps'")),
    Wrong("objective", "{method: relabel}", "{method: relabel, forget_shar: 0.5}",
          ("defender.objective.forget_shar: unknown key", "'forget_share'")),
    Wrong("controls", "shams: 1", "sham: 1", ("controls.sham: unknown key", "'shams'")),
    Wrong("thresholds", "  broad: 0.2", "  brod: 0.2",
          ("thresholds.brod: unknown key", "'broad'")),
    Wrong("numerics", "{threads: 1", "{thread: 1",
          ("numerics.thread: unknown key", "'threads'")),
    *(
        Wrong(section, "\ncontrols:", f"\n{section}: {{{value}}}\ncontrols:",
              (f"{key}: unknown key", f"'{meant}'"))
        for section, value, key, meant in (
            ("training", "pretrainin: {}", "training.pretrainin", "pretraining"),
            ("training", "pretraining: {step: 3}", "training.pretraining.step", "steps"),
            ("training", "continual_pretraining: {warmpu: 3}",
             "training.continual_pretraining.warmpu", "warmup"),
            ("evaluation", "prompt: 4", "evaluation.prompt", "prompts"),
            ("runtime", "backnd: ray", "runtime.backnd", "backend"),
            ("grid", "familys: [llama]", "grid.familys", "families"),
        )
    ),
)  # fmt: skip

GRIDS = (
    ("rates: [0.1, 0.10]", "grid.rates: this value is twice in the list, got 0.1"),
    ("settings: {a/b: [{name: x, set: {stage: pretraining}}]}", "grid.settings.a/b: must be at"),
    ("settings: {s: [{name: x, set: {grid.steps: [1]}}]}",
     "grid.settings.s[0].set.grid.steps: cannot differ between cells"),
    ("settings: {s: [{name: x, set: {defender.steps: 9}}, {name: x, set: {stage: pretraining}}]}",
     "grid.settings.s[1]: two values of the axis have this name, got x"),
    ("settings: {s: [{name: x, set: {defender.steps: 9}}, {name: y, set: {defender.steps: 9}}]}",
     "grid.settings.s[1]: sets the same as x, got y"),
    ("steps: [8], settings: {s: [{name: x, set: {defender.steps: 9}}]}",
     "the axes steps and s both set defender.steps in one cell"),
    ("steps: [8], settings: {s: [{name: x, set: {defender: {steps: 9}}}]}",
     "the axes steps and s set defender.steps and defender in one cell"),
    ("rates: [0.1], settings: {s: [{name: x, set: {actors: []}}]}",
     "the axes rates and s both set actors in one cell"),
    ("rates: [0.1], settings: {s: [{name: x, set: {training.sequential.poison_rate: 0.2}}]}",
     "the axes rates and s both set training.sequential.poison_rate in one cell"),
    ("counts: [9], settings: {s: [{name: x, set: {'actors[0].poison.rate': 0.2}}]}",
     "the axes counts and s both set actors[0].poison.rate in one cell"),
    ("payloads: [own], settings: {s: [{name: x, set: {crossed: {payloads: true}}}]}",
     "the axes payloads and s set crossed.shared and crossed in one cell"),
    ("settings: {r: [{name: x, set: {dose: null}}], s: [{name: x, set: {dose.lost: 0.05}}]}",
     "the axes r and s set dose and dose.lost in one cell"),
    ("settings: {r: [{name: x, set: {'actors[0].poison.rate': 0.1}}],"
     " s: [{name: x, set: {actors.lexical.poison.rate: 0.2}}]}",
     "the axes r and s set actors[0].poison.rate and actors.lexical.poison.rate in one cell"),
    ("settings: {r: [{name: x, set: {defender: {steps: 8}}}],"
     " s: [{name: x, set: {defender.steps: 9}}]}",
     "the axes r and s set defender and defender.steps in one cell"),
    ("settings: {s: [{name: x, set: {seeds: [1]}}]}",
     "grid.settings.s[0].set.seeds: cannot differ between cells"),
)  # fmt: skip

SYNTAX = (
    ("", "is empty"),
    ("# only a comment\n", "is empty"),
    ("- a\n- b\n", "is not a mapping"),
    ("just text\n", "is not a mapping"),
    ("name: [a\n", "not valid YAML"),
    ("name: a: b\n", "a text with a colon and a space in it must be in quotes"),
    ("name: a\n---\nname: b\n", "not valid YAML"),
    ("name: &x [*x]\n", "endless"),
    ("name: \x07\n", "YAML does not allow this character"),
    ("a: " + "[" * 3000 + "]" * 3000, "too deeply"),
)


def shell(*arguments: str) -> tuple[int, str]:
    """Exit status and stderr of `arena validate`."""
    result = CliRunner().invoke(app, ["validate", *arguments])
    assert result.stdout == "" or result.exit_code == 0
    return result.exit_code, result.stderr


@pytest.mark.parametrize("wrong", [*WRONG, *TYPOS], ids=lambda wrong: wrong.name)
def test_wrong_value_is_told_with_its_place(wrong: Wrong, tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(wrong.text, "utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    text = str(caught.value)
    for fragment in wrong.message:
        assert fragment in text
    lines = [int(line) for line in re.findall(r"scenario\.yaml:(\d+)", text)]
    assert any(wrong.line <= line <= wrong.line + 2 for line in lines)
    assert caught.value.file == str(path)

    status, stderr = shell(str(path))
    assert status == 2
    assert stderr.strip() == text
    assert "Traceback" not in stderr
    assert len(stderr.splitlines()) <= ROOM


@pytest.mark.parametrize(("grid", "message"), GRIDS)
def test_a_grid_whose_cells_would_not_be_what_their_names_say(
    grid: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(f"{QUICKSTART}\ngrid: {{{grid}}}\n", "utf-8")
    status, stderr = shell(str(path))
    assert status == 2
    assert message in stderr
    assert re.search(r"scenario\.yaml:\d+  grid", stderr)
    assert "Traceback" not in stderr


@pytest.mark.parametrize(("text", "message"), SYNTAX)
def test_what_is_not_a_scenario_at_all(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(text, "utf-8")
    status, stderr = shell(str(path))
    assert status == 2
    assert message in stderr
    assert str(path) in stderr
    assert "Traceback" not in stderr


def test_many_errors_fit_one_screen_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = QUICKSTART.replace("rate: 0.08", "rate: 8").replace("size: nano", "size: huge")
    for key in ("steps: 60", "target: each", "intelligence: disclosed", "broad: 0.2"):
        text = text.replace(key, f"{key}\n  x_{key}")
    path = tmp_path / "scenario.yaml"
    path.write_text(text, "utf-8")
    status, stderr = shell(str(path))
    lines = [int(line) for line in re.findall(r"yaml:(\d+)", stderr)]
    assert status == 2
    assert lines == sorted(lines)
    assert len(lines) == 8
    assert "... and 1 more" in stderr
    assert len(stderr.splitlines()) <= ROOM


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("quickstrat", "did you mean 'quickstart'"),
        ("nowhere/quickstart.yaml", "no such file"),
        ("", "this is a folder"),
        ("zzz", f"allowed: {', '.join(bundled.names())}"),
    ],
)
def test_missing_scenario(given: str, message: str) -> None:
    status, stderr = shell(given)
    assert status == 2
    assert message in stderr
    assert "Traceback" not in stderr


def test_the_other_suffix_is_suggested(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: mine")
    assert f"did you mean '{tmp_path / 'mine.yaml'}'?" in shell(str(tmp_path / "mine.yml"))[1]


def test_folder_and_binary_file(tmp_path: Path) -> None:
    assert "this is a folder" in shell(str(tmp_path))[1]
    path = tmp_path / "scenario.yaml"
    path.write_bytes(b"name: \xff\xfe")
    status, stderr = shell(str(path))
    assert status == 2
    assert "UTF-8" in stderr
