"""What BORIS tells of the files that an observation is about, and a project as the rows of its tabular export.

The medium of an event at the very start or end is written "Not found", and with a time offset that of any: what is
observed stands in Source, as in `player #1:a.mp4;b.mp4|player #2:c.mp4`. The files of a player follow one another, each
cut to whole milliseconds; players run side by side. Times are those of player #1. Another player that has an offset and
one file shows the time less its offset, and nothing before and behind that (`sync_time` of BORIS' core.py); of several
files BORIS ignores the offset, and so of player #1. Only a project tells offsets of players.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from core.stages.formats.common.clip_names import base, meant, stem
from core.stages.formats.common.files import json_of, refused, shown
from core.stages.formats.common.reader import Event, Reader

MEDIA = ("Media file name", "Media file path", "Media file")
DURATION = ("Media duration (s)", "Total length")
RATE = ("FPS", "FPS (frame/s)")
OFFSET = "Time offset (s)"
PLAYER_OFFSETS = "Player offsets (s)"  # ours, of a project
UNKNOWN = ("", "na", "n/a", "none", "not found")
PLAYER = re.compile(r"player #\d+\s*:([^|]*)")


class EventRow(NamedTuple):
    """A row of the table: when something begins and, of bouts, ends, and what else it says by names of columns.

    Rows that say the same share it, as there may be millions. line: in the file, or a JSON path. bout: whether it is
    one from start to stop.
    """

    line: int | str
    cells: Mapping[str, str]
    start: str
    stop: str = ""
    comment: str = ""
    bout: bool = False

    def first(self, names: Sequence[str]) -> str:
        """The cell of the first of these columns that there is."""
        return next((self.cells[name] for name in names if name in self.cells), "")


@dataclass(frozen=True)
class Medium:
    """A file of an observation. begin_s: of it on the observation's clock; first_s, stop_s: what lies in it.

    named: whether the file of labels tells its name. stated: what else is told of the clip. player: which one shows it
    beside the first, so that of what lies outside of it is told; 0 for the first.
    """

    name: str
    named: bool = True
    begin_s: float = 0.0
    first_s: float = -math.inf
    stop_s: float = math.inf
    stated: Mapping[str, Any] = field(default_factory=dict)
    player: int = 0

    def cut(self, reader: Reader, events: Sequence[Event]) -> Iterator[Event]:
        """What of the events of an observation lies in the file, on its own clock."""
        expected = f"labels while player #{self.player} shows {self.name}"
        for event in events:
            start_s, stop_s = max(event.start_s, self.first_s), min(event.stop_s, self.stop_s)
            moment = event.start_s == event.stop_s and self.first_s <= start_s < self.stop_s
            inside = start_s < stop_s or moment
            if self.player and event.label and (start_s, stop_s) != (event.start_s, event.stop_s):
                got = f"{event.label!r} from {event.start_s:g} to {event.stop_s:g} s"
                tell = reader.noted if inside else reader.left_out
                tell(event.where, expected, f"{got}, which is shortened to it" if inside else got)
            if inside and not self.begin_s and (start_s, stop_s) == (event.start_s, event.stop_s):
                yield event
            elif inside:
                ends = (start_s, start_s if moment else stop_s)
                yield event._replace(start_s=round(ends[0] - self.begin_s, 6), stop_s=round(ends[1] - self.begin_s, 6))


def named_medium(row: EventRow) -> str:
    """The medium of a row where it is told, else nothing."""
    text = row.first(MEDIA).strip()
    return "" if text.lower() in UNKNOWN else base(text)


def players_of(row: EventRow) -> tuple[tuple[str, ...], ...]:
    """The files of each player."""
    return _players(row.cells.get("Source", "").strip(), row.cells.get("Observation type", ""))


@lru_cache(maxsize=64)
def _players(source: str, kind: str) -> tuple[tuple[str, ...], ...]:
    players = PLAYER.findall(source)
    if not players and source.lower() not in UNKNOWN and not kind.lower().startswith(("live", "from")):
        players = [source]
    files = (tuple(base(path.strip()) for path in text.split(";") if path.strip()) for text in players)
    return tuple(own for own in files if own)


def media_of(reader: Reader, rows: Sequence[EventRow]) -> tuple[list[Medium], list[EventRow]]:
    """The files that the rows of an observation are about, and the rows that lie in them."""
    row = rows[0]
    players = players_of(row)
    if not players:
        known = {name for row in rows if (name := named_medium(row))}
        above = row.cells.get("Player #1", "")  # of the old shape
        own = min(known, default=base(above) if above.lower() not in UNKNOWN else "")
        stated = _stated(row.first(DURATION), row.first(RATE))
        observation = row.cells.get("Observation id", "")
        alone = observation if meant(observation, reader.asked.clips) else stem(reader.file)
        return [Medium(own or alone, bool(own), stated=stated)], list(rows)
    number, offset_s = _player(reader, row, players)
    files = players[number]
    durations, rates = (_of_player(row.first(names), number, len(files)) for names in (DURATION, RATE))
    stated = [_stated(*texts) for texts in zip(durations, rates, strict=True)]
    if len(files) > 1 and any("duration_s" not in entry for entry in stated[:-1]):
        return [Medium(files[0], stated=stated[0])], _of_first(reader, rows, files)
    if number and len(files) == 1:
        measured = [info.duration_s for info in meant(files[0], reader.asked.clips)]
        end_s = offset_s + (measured[0] if measured else stated[0].get("duration_s", math.inf))
        return [Medium(files[0], True, offset_s, offset_s, end_s, stated[0], number + 1)], list(rows)
    media, begin_s = [], 0.0
    for at, (name, entry) in enumerate(zip(files, stated, strict=True)):
        last = at == len(files) - 1
        stop_s = math.inf if last else begin_s + math.floor(entry["duration_s"] * 1000 + 1e-6) / 1000
        media.append(Medium(name, True, begin_s, begin_s if at else -math.inf, stop_s, entry))
        begin_s = stop_s
    return media, list(rows)


def _player(reader: Reader, row: EventRow, players: Sequence[Sequence[str]]) -> tuple[int, float]:
    """Which player is meant, the first or else the one that shows a clip that was given, and when that one begins."""
    shows = [at for at, files in enumerate(players) if any(meant(name, reader.asked.clips) for name in files)]
    number = min(shows, default=0)
    offsets = row.cells.get(PLAYER_OFFSETS, "").split("|")
    text = offsets[number] if number < len(offsets) else ""
    offset_s = reader.number(text, row.line, f"seconds as offset of player #{number + 1}") if text else 0.0
    if math.isnan(offset_s):
        reader.problems.add(row.line, f"seconds as offset of player #{number + 1}", shown(text))
        reader.problems.finish()
    if offset_s and (number == 0 or len(players[number]) > 1):
        got = f"{offset_s:g} s, which BORIS ignores in player #1 and of several files"
        reader.noted(row.line, f"no offset of player #{number + 1}", got)
        return number, 0.0
    if number and text:
        got = f"player #{number + 1}, {offset_s:g} s after the first: its times are those of the events less that"
        reader.noted(row.line, "the clip in player #1", got)
    elif number:
        got = f"player #{number + 1}, taken to begin with the first: only the project (.boris) tells its offset"
        reader.noted(row.line, "the clip in player #1", got)
    return number, offset_s


def _of_first(reader: Reader, rows: Sequence[EventRow], files: Sequence[str]) -> list[EventRow]:
    """The rows in the first of several files whose lengths are not told: only they count from its beginning."""
    kept = []
    for row in rows:
        name = named_medium(row)
        if name == files[0]:
            kept.append(row)
            continue
        hint = "Its times run on from file to file: export observations of one file each."
        got = f"{name or 'a label'}, in an observation of {len(files)} files whose lengths are not told"
        reader.left_out(row.line, f"a label in {files[0]}", got, hint)
    return kept


def _of_player(text: str, number: int, count: int) -> list[str]:
    """What a cell tells of each file of a player."""
    parts = text.split("|")
    texts = parts[number].split(";") if number < len(parts) else []
    return [texts[at].strip() if at < len(texts) else "" for at in range(count)]


def _stated(duration: str, rate: str) -> dict[str, Any]:
    """What is told of a clip."""
    entries: dict[str, Any] = {}
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", duration, re.ASCII):
        entries["duration_s"] = float(duration)
    if re.fullmatch(r"\d{1,6}(\.\d{1,9})?", rate, re.ASCII) and float(rate) > 0:
        entries["rate_hz"] = Fraction(rate)
    return entries


# A project ------------------------------------------------------------------------------------------------------------


def is_project(text: str) -> bool:
    """Whether a text is a project of BORIS."""
    return text.lstrip()[:1] == "{" and '"behaviors_conf"' in text


def project_rows(name: str, content: bytes) -> list[EventRow]:
    """The events of all observations as rows with START, STOP and POINT: states start and stop in turn."""
    entry = json_of(name, content)
    observations = entry.get("observations") if isinstance(entry, Mapping) else None
    behaviours = entry.get("behaviors_conf") if isinstance(entry, Mapping) else None
    if not isinstance(observations, Mapping) or not isinstance(behaviours, Mapping):
        raise refused(name, "$", "observations and behaviors_conf", shown(entry))
    kinds = {
        str(one.get("code")): "POINT" if str(one.get("type", "")).lower().startswith("point") else "STATE"
        for one in behaviours.values()
        if isinstance(one, Mapping)
    }
    return [row for key, own in observations.items() for row in _observation_rows(name, str(key), own, kinds)]


def _observation_rows(name: str, key: str, entry: Any, kinds: Mapping[str, str]) -> Iterator[EventRow]:
    where = f"$.observations.{key}"
    events = entry.get("events") if isinstance(entry, Mapping) else None
    if not isinstance(events, list):
        raise refused(name, f"{where}.events", "a list of events", shown(events))
    common = _common(key, entry)
    turns: Counter[tuple[str, ...]] = Counter()
    timed = [(event, f"{where}.events[{at}]") for at, event in enumerate(events)]
    timed.sort(key=lambda pair: _time(pair[0]))
    for event, place in timed:
        cells = [_text(cell) for cell in event[:5]] if isinstance(event, list) else []
        time, subject, code, modifiers, comment = [*cells, *[""] * (5 - len(cells))]
        kind = kinds.get(code, "no behaviour of the project")
        if kind == "STATE":
            turns[subject, code, modifiers] += 1
            kind = "START" if turns[subject, code, modifiers] % 2 else "STOP"
        texts = {"Subject": subject, "Behavior": code, "Modifiers": modifiers, "Behavior type": kind}
        yield EventRow(place, common | texts, time, comment=comment)


def _common(key: str, entry: Mapping[str, Any]) -> dict[str, str]:
    """What all rows of an observation tell."""
    about = entry.get("media_info")
    about = about if isinstance(about, Mapping) else {}
    lengths, rates, offsets = (_mapping(about.get(name)) for name in ("length", "fps", "offset"))
    offsets = {"2": entry.get("time offset second player"), **offsets}  # of projects before version 7
    lists = {number: paths for number, paths in _mapping(entry.get("file")).items() if isinstance(paths, list)}
    players = {number: [str(path) for path in paths] for number, paths in lists.items() if paths}
    source, durations, fps = [], [], []
    for number, paths in sorted(players.items()):
        source.append(f"player #{number}:{';'.join(paths)}")
        durations.append(";".join(_text(lengths.get(path)) for path in paths))
        fps.append(";".join(_text(rates.get(path)) for path in paths))
    return {
        "Observation id": key,
        "Observation type": str(entry.get("type", "")),
        "Source": "|".join(source),
        OFFSET: _text(entry.get("time offset")),
        DURATION[0]: "|".join(durations),
        RATE[0]: "|".join(fps),
        PLAYER_OFFSETS: "|".join(_text(offsets.get(number)) for number in sorted(players)),
    }


def _mapping(entry: Any) -> Mapping[str, Any]:
    return entry if isinstance(entry, Mapping) else {}


def _time(event: Any) -> float:
    time = event[0] if isinstance(event, list) and event else None
    return time if isinstance(time, (int, float)) and not isinstance(time, bool) else math.inf


def _text(value: Any) -> str:
    """A cell as text; modifiers may be a list."""
    if isinstance(value, float):
        return f"{value:.9f}".rstrip("0").rstrip(".")
    return "|".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
