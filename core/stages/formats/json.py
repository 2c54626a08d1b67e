"""JSON: our own files. What a network found in a clip, or all that a file of labels can hold. Seconds, end excluded."""

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from core.domain import ClipLabels, Labels, LabelScore, Lane, Segment, VideoInfo
from core.stages.formats.common.files import Files, ReadOptions, json_of, one_file, shown
from core.stages.formats.common.reader import Event, Reader
from core.stages.formats.common.writer import empty, json_bytes

NAME = "json"
TITLE = "JSON: clip, labels and segments"
SUFFIX = ".json"
MIME = "application/json"
UNIT, BASE, ENDS = "seconds, 6 decimals", "from 0", "the end is not part of the segment"
KEEPS = {
    *("classes", "confidence", "notes", "overlaps", "points", "several", "split", "stretches", "tracks"),
    *("unlabelled", "whole"),
}
DIGIT_S = 1e-6
REMARK = "The only format that keeps everything."
VERSION = 1
RATE = re.compile(r"[1-9]\d{0,15}(/[1-9]\d{0,15})?", re.ASCII)
SPLITS = ("", "train", "val", "test", "unused")


def looks_like(name: str, head: str) -> bool:
    """Whether a file is one of ours."""
    return bool(re.match(r'\s*\{\s*"kinetoscope_labels"', head) or re.match(r'\s*[\[{][\s{]*"video"\s*:\s*\{', head))


# Writing --------------------------------------------------------------------------------------------------------------


def write(labels: Labels) -> bytes:
    """What a network found: one object a clip, a list of several. Else one object with all clips."""
    if labels.clips and all(clip.model for clip in labels.clips):
        rows_by_id = [_analysis(clip) for clip in labels.clips]
        return json_bytes(rows_by_id if len(rows_by_id) > 1 or labels.many else rows_by_id[0])
    clips = [_clip(clip) for clip in labels.clips]
    content = {"kinetoscope_labels": VERSION, "classes": list(labels.classes), "background": labels.background}
    return json_bytes({**content, "clips": clips})


def write_video(info: VideoInfo) -> bytes:
    """What was measured of a clip, alone."""
    return json_bytes(_video(info))


def _analysis(clip: ClipLabels) -> dict[str, Any]:
    assert clip.info is not None
    return {
        "video": _video(clip.info),
        "model": clip.model,
        **({} if clip.words is None else {"words": list(clip.words)}),
        "labels": [{"label": label_score.label, "score": round(label_score.score, 6)} for label_score in clip.ranking],
        "segments": [_segment(segment) for lane in clip.lanes for segment in lane.segments],
    }


def _segment(segment: Segment) -> dict[str, Any]:
    start_s, stop_s = round(segment.start_s, 6), round(segment.stop_s, 6)
    if start_s >= stop_s:
        raise empty(segment, "JSON", "millionths of a second")
    return {"start_s": start_s, "stop_s": stop_s, "label": segment.label, "confidence": _rounded(segment.confidence)}


def _rounded(confidence: float | None) -> float | None:
    return None if confidence is None else round(confidence, 6)


def _video(info: VideoInfo) -> dict[str, Any]:
    return {
        "path": info.path,
        "digest": info.digest,
        "width_px": info.width_px,
        "height_px": info.height_px,
        "frame_count": info.frame_count,
        "declared_count": info.declared_count,
        "rate_hz": round(float(info.rate_hz), 6),
        "variable_rate": info.variable_rate,
        "duration_s": round(info.duration_s, 6),
        "codec": info.codec,
        "notes": list(info.notes),
    }


def _clip(clip: ClipLabels) -> dict[str, Any]:
    entries = {
        "name": clip.name,
        "label": clip.label,
        "split": clip.split,
        "group": clip.group,
        "subject": clip.subject,
    }
    entries |= {"duration_s": round(clip.end_s, 6), "frame_count": clip.frame_count}
    rate = str(clip.rate_hz) if clip.rate_hz else None
    return {**entries, "rate_hz": rate, "tracks": [_lane(lane) for lane in clip.lanes]}


def _lane(lane: Lane) -> dict[str, Any]:
    return {
        "name": lane.name,
        "author": lane.author,
        "subject": lane.subject,
        "seen": [[round(start_s, 6), round(stop_s, 6)] for start_s, stop_s in lane.seen],
        "segments": [{**_segment(segment), "note": segment.note} for segment in lane.segments],
        "points": [
            {"time_s": round(point.time_s, 6), "label": point.label, **_rest(point.confidence, point.note)}
            for point in lane.points
        ],
    }


def _rest(confidence: float | None, note: str) -> dict[str, Any]:
    return {"confidence": _rounded(confidence), "note": note}


# Reading --------------------------------------------------------------------------------------------------------------


def read(files: Files, options: ReadOptions) -> Labels:
    """The labels of one of our files."""
    name, content = one_file(files)
    entry = json_of(name, content)
    reader = _JsonReader(name, options, DIGIT_S)
    if isinstance(entry, dict) and "kinetoscope_labels" in entry:
        return reader.everything(entry)
    return reader.analyses(entry if isinstance(entry, list) else [entry], entry)


class _JsonReader(Reader):
    def part(self, entry: Any, name: str, kind: type, path: str) -> Any:
        """A field of an object; an empty value of its kind where it is another, which is told."""
        field = entry.get(name) if isinstance(entry, dict) else None
        if not isinstance(field, kind):
            self.problems.add(f"{path}.{name}", {dict: "an object", list: "a list", str: "text"}[kind], shown(field))
            return kind()
        return field

    def analyses(self, several: Sequence[Any], entry: Any) -> Labels:
        """What networks found, as `write` tells it."""
        clips, classes = [], []
        for index, member in enumerate(several):
            path = f"$[{index}]" if isinstance(entry, list) else "$"
            video = self.part(member, "video", dict, path)
            ranking = self.part(member, "labels", list, path)
            label_scores = [self._score(entry, f"{path}.labels[{at}]") for at, entry in enumerate(ranking)]
            classes += [score.label for score in label_scores if score]
            model = self.part(member, "model", str, path)
            events = self.segments(self.part(member, "segments", list, path), f"{path}.segments", {"author": model})
            stated: dict[str, Any] = {"duration_s": self.positive(video, f"{path}.video", "duration_s")}
            stated["frame_count"] = self.count(video.get("frame_count", 0), f"{path}.video.frame_count")
            name = self.part(video, "path", str, f"{path}.video")
            clips.append(self.clip(name, events, alone=len(several) == 1, **stated))
        return self.labels(clips, classes)

    def _score(self, entry: Any, path: str) -> LabelScore | None:
        label = self.label(entry.get("label") if isinstance(entry, dict) else None, path)
        score = self.confidence(entry.get("score") if isinstance(entry, dict) else None, path)
        return LabelScore(label, score or 0.0) if label else None

    def positive(self, entries: dict[str, Any], path: str, name: str) -> float:
        """A number from 0, 0 where there is none."""
        value = self.number(entries.get(name, 0), f"{path}.{name}")
        return value if value >= 0 else 0.0

    def segments(self, values: Sequence[Any], path: str, common: dict[str, Any]) -> list[Event]:
        """The segments of a list."""
        events = []
        for index, value in enumerate(values):
            where = f"{path}[{index}]"
            if not isinstance(value, dict):
                self.problems.add(where, "an object", shown(value))
                continue
            events.append(
                Event(
                    start_s=self.number(value.get("start_s", value.get("time_s")), where, "a start in seconds"),
                    stop_s=self.number(value.get("stop_s", value.get("time_s")), where, "a stop in seconds"),
                    label=self.label(value.get("label"), where),
                    where=where,
                    confidence=self.confidence(value.get("confidence"), where),
                    note=str(value.get("note") or ""),
                    **common,
                )
            )
            if value.get("start_s") is not None and value.get("start_s") == value.get("stop_s"):
                self.problems.add(where, "a stop after the start", shown(value.get("stop_s")))
        return events

    def everything(self, entries: dict[str, Any]) -> Labels:
        """All that a file of labels can hold."""
        if entries["kinetoscope_labels"] != VERSION:
            self.problems.add("$.kinetoscope_labels", f"{VERSION}", shown(entries["kinetoscope_labels"]))
        classes = [
            self.label(entry, f"$.classes[{at}]") for at, entry in enumerate(self.part(entries, "classes", list, "$"))
        ]
        several = self.part(entries, "clips", list, "$")
        clips = [self._clip(entry, f"$.clips[{at}]", len(several) == 1) for at, entry in enumerate(several)]
        return self.labels(clips, classes, self.part(entries, "background", str, "$"))

    def _clip(self, entry: Any, path: str, alone: bool) -> ClipLabels:
        names = ("label", "split", "group", "subject")
        texts: dict[str, Any] = {name: self.part(entry, name, str, path) for name in names}
        if texts["split"] not in SPLITS:
            self.problems.add(f"{path}.split", f"one of {SPLITS}", shown(texts.pop("split")))
        tracks = self.part(entry, "tracks", list, path)
        rate = entry.get("rate_hz") if isinstance(entry, dict) else None
        if rate is not None and not (isinstance(rate, str) and RATE.fullmatch(rate)):
            self.problems.add(f"{path}.rate_hz", 'a rate such as "30000/1001"', shown(rate))
            rate = None
        made = self.clip(
            self.part(entry, "name", str, path),
            (),
            alone=alone,
            duration_s=self.positive(entry, path, "duration_s") if isinstance(entry, dict) else 0.0,
            frame_count=self.count(entry.get("frame_count", 0), path) if isinstance(entry, dict) else 0,
            rate_hz=Fraction(rate) if rate else None,
            **texts,
        )
        lanes = [self._track(track, f"{path}.tracks[{at}]", made) for at, track in enumerate(tracks)]
        return replace(made, lanes=tuple(lanes) or made.lanes)

    def _track(self, entry: Any, path: str, clip: ClipLabels) -> Lane:
        texts = {name: self.part(entry, name, str, path) for name in ("name", "author", "subject")}
        events = self.segments(self.part(entry, "segments", list, path), f"{path}.segments", {})
        events += self.segments(self.part(entry, "points", list, path), f"{path}.points", {})
        return self.lane(events, clip, self._stretches(self.part(entry, "seen", list, path), f"{path}.seen"), **texts)

    def _stretches(self, values: list[Any], path: str) -> tuple[tuple[float, float], ...]:
        seen: list[tuple[float, float]] = []
        for index, value in enumerate(values):
            ends = [self.number(end, f"{path}[{index}]") for end in value] if isinstance(value, list) else []
            if len(ends) != 2 or not (seen[-1][1] if seen else 0.0) <= ends[0] <= ends[1]:
                self.problems.add(f"{path}[{index}]", "start and stop, in order", shown(value))
                break
            seen.append((ends[0], ends[1]))
        return tuple(seen)
