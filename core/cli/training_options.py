"""The settings of `python -m core train`: one option for each knob of the form on Train, or all in a file."""

import argparse
import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from core.base.errors import FormatInvalid
from core.base.knobs import Knob
from core.workflows.training import DIALS, Options
from core.workflows.training.commands import flag
from core.workflows.training.option_knobs import KNOBS

OTHERWISE = {"epochs": ("--passes",), "batch_size": ("--batch",)}  # further names of a setting
PLAIN = {"stretch": 0.0, "crop": 1.0, "noise": 0.0}  # clips that are not varied
KIND = {"int": "a whole number", "float": "a number", "bool": "true or false", "choice": "text"}


def add(parser: argparse.ArgumentParser) -> None:
    """Offer these options."""
    group = parser.add_argument_group("settings of the network and its training")
    sizes = "the settings to start from, as on the page Train (default: medium)"
    group.add_argument("--size", choices=tuple(DIALS), help=sizes)
    file = "settings to start from: a JSON object, as `settings` of what a training prints, or all that it prints"
    group.add_argument("--settings", metavar="FILE", help=file)
    usual = Options()
    for knob in (knob for knobs in KNOBS.values() for knob in knobs):
        names = (flag(knob.name), *OTHERWISE.get(knob.name, ()))
        about = f"{knob.help or knob.label} (default: {getattr(usual, knob.name)})".replace("%", "%%")
        if knob.kind == "bool":
            group.add_argument(*names, action=argparse.BooleanOptionalAction, default=None, help=about)
        elif knob.kind == "choice":
            group.add_argument(*names, choices=knob.choices, help=about)
        else:
            group.add_argument(*names, type=_number(knob), metavar="N", help=about)
    about = "vary each clip in each epoch; --no-augment is --stretch 0 --crop 1 --noise 0"
    group.add_argument("--augment", action=argparse.BooleanOptionalAction, default=None, help=about)


def chosen_options(chosen: argparse.Namespace) -> Options:
    """The settings that were chosen: those of the file or of the size, then the single ones; FormatInvalid."""
    options = DIALS[chosen.size or "medium"]
    if chosen.settings:
        options = _checked(options, _read(chosen.settings), chosen.settings)
    single = {
        field.name: value for field in fields(Options) if (value := getattr(chosen, field.name, None)) is not None
    }
    varied = PLAIN if chosen.augment is False else {}
    return _checked(options, {**varied, **single}, "command line")


def _number(knob: Knob) -> Callable[[str], int | float]:
    """What reads the value of a knob, within its bounds."""

    def read(text: str) -> int | float:
        try:
            value = int(text) if knob.kind == "int" else float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"expected {KIND[knob.kind]}, got {text!r}") from None
        if not knob.low <= value <= knob.high:
            raise argparse.ArgumentTypeError(f"expected {knob.low:g} to {knob.high:g}, got {text}")
        return value

    return read


def _read(path: str) -> dict[str, Any]:
    """The settings of a file, by name."""
    try:
        stored = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FormatInvalid(f"The settings {path!r} cannot be read: {error}", "Give a JSON file.") from error
    if isinstance(stored, dict) and isinstance(stored.get("settings"), dict):
        stored = stored["settings"]
    if not isinstance(stored, dict):
        raise FormatInvalid(f"The settings {path!r} are no JSON object.", 'Write them as {"units": 64}.')
    return {name: value for name, value in stored.items() if name != "words"}


def _checked(options: Options, values: dict[str, Any], source: str) -> Options:
    """The options with some values changed; FormatInvalid where a name is unknown or a value out of range."""
    known = {field.name: type(getattr(options, field.name)) for field in fields(options)}
    for name, value in values.items():
        if name not in known:
            hint = f"Known settings: {', '.join(known)}."
            raise FormatInvalid(f"{source}: there is no setting {name!r}.", hint)
        fits = isinstance(value, known[name]) or (known[name] is float and isinstance(value, int))
        if not fits or (isinstance(value, bool) and known[name] is not bool):
            raise FormatInvalid(
                f"{source}: {name} is {value!r}, expected {_called(known[name])}.", "Correct the value."
            )
    try:
        return replace(options, **values)
    except ValueError as error:
        raise FormatInvalid(f"{source}: {error}", "Correct the values.") from error


def _called(kind: type) -> str:
    return {int: KIND["int"], float: KIND["float"], bool: KIND["bool"]}.get(kind, KIND["choice"])
