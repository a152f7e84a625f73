"""`arena init`: write a scenario to start from."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, get_args

import typer

from arena.api.world import DataRoot
from arena.cli.data_check import look_at_data
from arena.cli.data_look import DataLook, looked_at
from arena.cli.failures import guarded
from arena.cli.options import Debug, writing
from arena.cli.starter import MOST_ACTORS, Choices, scenario_text
from arena.cli.streams import say
from arena.errors import InputError
from arena.scenario.load import from_text
from arena.scenario.section import plain_name
from arena.scenario.source import FromScratch

SIZES: tuple[str, ...] = get_args(FromScratch.model_fields["size"].annotation)

FromData = Annotated[
    Path | None,
    typer.Option(
        help="Your own text: .tsv (text, tab, label), .jsonl (chats), .json (Alpaca) or .txt; by "
        "default the corpus is generated."
    ),
]
Actors = Annotated[
    int | None, typer.Option(metavar="N", min=1, max=MOST_ACTORS, help="Number of actors (4).")
]
Size = Annotated[str | None, typer.Option(help=f"Size of the model: {', '.join(SIZES)} (nano).")]
Language = Annotated[str, typer.Option(help="Language of your own text.")]
Name = Annotated[str | None, typer.Option(help="The scenario's name; by default the file's.")]
Target = Annotated[Path, typer.Option(help="The file to write.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; use the defaults.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the file.")]


def init(
    from_data: FromData = None,
    actors: Actors = None,
    size: Size = None,
    language: Language = "english",
    name: Name = None,
    out: Target = Path("scenario.yaml"),
    yes: Yes = False,
    force: Force = False,
    debug: Debug = False,
) -> None:
    """Write a commented scenario to start from; in a terminal, ask for what the options leave open.

    Example: arena init --from-data reviews.tsv --actors 4 --out mine.yaml
    """
    with guarded(debug):
        if out.exists() and not force:
            rule = "exists already; choose another --out, or overwrite it with --force"
            raise InputError(rule, "--out", found=str(out))
        title = _title(name, out)
        if from_data is None and language != "english" and yes:
            rule = "is the language of your own text: give the file with --from-data"
            raise InputError(rule, "--language", found=language)
        asks = _is_terminal() and not yes
        if asks and from_data is None:
            from_data = _asked_file()
        data = None if from_data is None else looked_at(from_data)
        if data is not None:
            say(f"{data.path}: {data.summary}")
        choices = Choices(
            name=title,
            actors=_actors(actors, asks),
            size=_size(size, asks),
            language=language,
            data=_named(data) if asks and data is not None else data,
        )
        text = checked(choices, out)
        with writing("--out", out):
            out.write_text(text, encoding="utf-8")
        say(f"{out}: {len(choices.cast)} actors: {', '.join(a.name for a in choices.cast)}")
        say(f"next: arena validate {out}; arena calibrate {out}; arena run {out}")


def _title(name: str | None, out: Path) -> str:
    """Return the scenario's name, its own or that of the file."""
    title = out.stem if name is None else name
    try:
        return plain_name(title)
    except ValueError as error:
        option, more = ("--out", "; give another with --name") if name is None else ("--name", "")
        rule = f"the scenario's name {error}{more}"
        raise InputError(rule, option, found=title) from None


def checked(choices: Choices, out: Path) -> str:
    """Return the scenario's text, once it is valid and its data was read.

    Raises:
        InputError: an option or the data does not make a scenario.
    """
    text = scenario_text(choices, out)
    scenario = from_text(text, str(out))
    for line in look_at_data(scenario, DataRoot(None, out.resolve().parent)):
        say(f"  {line}")
    return text


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _asked_file() -> Path | None:
    answer = typer.prompt("Your own text file (empty: generated text)", "", show_default=False)
    return Path(answer).expanduser() if answer.strip() else None


def _actors(given: int | None, asks: bool) -> int:
    if given is not None or not asks:
        return given or 4
    number: int = typer.prompt("Threat actors", 4, type=int)
    if not 1 <= number <= MOST_ACTORS:
        raise InputError("must be a number of actors", "--actors", found=str(number),
                         allowed=(f"1 to {MOST_ACTORS}",))  # fmt: skip
    return number


def _size(given: str | None, asks: bool) -> str:
    size: str = given or (typer.prompt(f"Size ({', '.join(SIZES)})", "nano") if asks else "nano")
    if size not in SIZES:
        raise InputError("no such size", "--size", found=size, allowed=SIZES)
    return size


def _named(data: DataLook) -> DataLook:
    """The data with the answer words that the user gives to its labels."""
    words = {
        label: typer.prompt(f"Answer word of label {label!r}", word)
        for label, word in data.labels.items()
    }
    return replace(data, labels=words)
