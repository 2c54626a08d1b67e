"""The labels of the workspace: the scheme that all clips share, and the numbers on which colours hang."""

from collections.abc import Callable, Iterable
from itertools import count

from core.workspace.store.database import Catalogue


class LabelSchemes(Catalogue):
    """The label scheme, which of its labels are given as points, and the number of each label."""

    def scheme(self) -> tuple[str, ...]:
        """The labels that can be given, in the order of their keys."""
        return tuple(label for (label,) in self._rows("SELECT label FROM scheme ORDER BY place"))

    def point_labels(self) -> tuple[str, ...]:
        """The labels that are given as points, by the alphabet; all others are given as segments."""
        return tuple(label for (label,) in self._rows("SELECT label FROM point_labels ORDER BY label"))

    def change_point_labels(self, *, add: Iterable[str] = (), drop: Iterable[str] = ()) -> None:
        """Give some labels as points from now on, and others as segments."""
        with self._changing(durably=True) as catalogue:
            catalogue.executemany("DELETE FROM point_labels WHERE label = ?", [(label,) for label in drop])
            catalogue.executemany("INSERT OR IGNORE INTO point_labels VALUES (?)", [(label,) for label in add])

    def change_scheme(self, make: Callable[[tuple[str, ...]], tuple[str, ...]]) -> tuple[str, ...]:
        """Replace the scheme by what `make` makes of it, while nobody else changes it; gives it."""
        with self._changing(durably=True) as catalogue:
            before = tuple(label for (label,) in catalogue.execute("SELECT label FROM scheme ORDER BY place"))
            after = make(before)
            if after != before:
                catalogue.execute("DELETE FROM scheme")
                rows = [(label, place) for place, label in enumerate(after)]
                catalogue.executemany("INSERT INTO scheme VALUES (?, ?)", rows)
        return after

    def label_slots(self, labels: Iterable[str]) -> dict[str, int]:
        """The number of each label, from 0, first come first numbered: colours hang on it."""
        wanted = list(dict.fromkeys(labels))
        known: dict[str, int] = dict(self._rows("SELECT label, slot FROM labels"))
        if any(label not in known for label in wanted):
            with self._changing() as catalogue:
                known = dict(catalogue.execute("SELECT label, slot FROM labels"))
                taken = set(known.values())
                free = (slot for slot in count() if slot not in taken)
                added = [(label, next(free)) for label in wanted if label not in known]
                catalogue.executemany("INSERT INTO labels VALUES (?, ?)", added)
                known |= dict(added)
        return {label: known[label] for label in wanted}

    def give_colour(self, label: str, colour: int, colours: int) -> None:
        """Number a label anew, so that it has that one of so many colours: the least free number that stands for it."""
        with self._changing() as catalogue:
            taken = {slot for (slot,) in catalogue.execute("SELECT slot FROM labels WHERE label != ?", (label,))}
            slot = next(slot for slot in count(colour, colours) if slot not in taken)
            catalogue.execute("INSERT OR REPLACE INTO labels VALUES (?, ?)", (label, slot))
