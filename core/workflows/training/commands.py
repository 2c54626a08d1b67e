"""The command line that trains again as a run was trained."""

import shlex
from typing import Any

from core.domain import Training
from core.workflows.training.option_knobs import KNOBS
from core.workflows.training.options import VIEWS, Options, options_of, plain, view

PROGRAM = "python -m core train"


def command_of(record: Training) -> str:
    """The command that repeats a run on this machine, with the same split, settings and seed."""
    words = [PROGRAM, shlex.quote(record.dataset), "--split", record.split, "--backbone", record.backbone]
    looked = next((name for name in VIEWS if view(name, record.backbone) == record.recipe), VIEWS[0])
    words += ["--view", looked]
    words += ["--seed", str(record.seed), *_changed(plain(options_of(record.settings)))]
    return " ".join([*words, "--words"] if record.settings.get("words") else words)


def flag(name: str) -> str:
    """What a setting is called at the command line."""
    return "--" + name.replace("_", "-")


def _changed(settings: dict[str, Any]) -> list[str]:
    """The settings that differ from those of a training without options."""
    usual = plain(Options())
    words: list[str] = []
    for knob in (knob for group in KNOBS.values() for knob in group):
        value = settings[knob.name]
        if value == usual[knob.name]:
            continue
        if knob.kind == "bool":
            words.append(flag(knob.name) if value else f"--no-{flag(knob.name)[2:]}")
        else:
            words += [flag(knob.name), str(value)]
    return words
