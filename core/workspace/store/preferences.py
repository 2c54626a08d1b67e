"""What a person set on pages and wants to find again: small values by name."""

import json
from typing import Any

from core.workspace.store.database import Catalogue


class Preferences(Catalogue):
    """Settings of pages, which outlast a session."""

    def preference(self, name: str) -> Any:
        """What was kept under a name, as JSON has it: lists for tuples; None where nothing was."""
        rows = self._rows("SELECT body FROM preferences WHERE name = ?", name)
        return json.loads(rows[0][0]) if rows else None

    def keep_preference(self, name: str, value: Any) -> None:
        """Keep a value that JSON can write, in place of the one before."""
        with self._changing() as catalogue:
            catalogue.execute("INSERT OR REPLACE INTO preferences VALUES (?, ?)", (name, json.dumps(value)))
