"""Commands about the backups of the catalogue: list them, and go back to one."""

import argparse
from datetime import date

from core.base import settings
from core.base.errors import ResultMissing
from core.cli import console
from core.workspace.store import Store


def backups(_chosen: argparse.Namespace) -> console.Output:
    """The backups of the workspace, the latest first, a line each."""
    listed = Store(settings.current().workspace).backups()
    lines = [f"{copy.day}  clips: {copy.clips}, label tracks: {copy.tracks}, datasets: {copy.sets}" for copy in listed]
    if not lines:
        hint = "The dashboard makes one when it starts and each day. There is nothing to keep in an empty workspace."
        raise ResultMissing("This workspace has no backups.", hint)
    return console.Output({"": "".join(f"{line}\n" for line in lines).encode()})


def restore(chosen: argparse.Namespace) -> console.Output:
    """Put a backup in the place of the catalogue."""
    store = Store(settings.current().workspace)
    days = [copy.day for copy in store.backups()]
    if not days and not chosen.day:
        raise ResultMissing("This workspace has no backups.", "Choose another with KINETOSCOPE_WORKSPACE.")
    day = chosen.day or days[0]
    old = store.restore(day)
    text = f"The backup of {day} is in use. The catalogue that was there is kept as {old}.\n"
    return console.Output({"": text.encode()})


def add(commands: console.Commands) -> None:
    """Add the commands to the parser."""
    listing = commands.add_parser("backups", help="list the backups of the workspace's catalogue")
    listing.set_defaults(run=backups)
    back = commands.add_parser(
        "restore", help="stop the dashboard, then go back to a backup of the catalogue; what can still be read is kept"
    )
    back.add_argument("day", nargs="?", type=date.fromisoformat, metavar="YYYY-MM-DD", help="default: the latest")
    back.set_defaults(run=restore)
