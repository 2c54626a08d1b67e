"""How a study was made, as plain JSON: version, model, recipe, options, clips and counts."""

import json
import tomllib
from typing import Any

from core.base.settings import ROOT
from core.domain import ModelCard, serialization
from core.domain.fingerprint import fingerprint
from core.workflows.study.clips import StudyTracks
from core.workflows.study.groups import MEASURES
from core.workflows.study.result import Study, StudyOptions


def counts(made: Study) -> dict[str, int]:
    """How many of what there are."""
    return {
        "clips": len(made.clips),
        "failed": len(made.failures),
        "labels": len(made.labels),
        "segments": sum(row.kind == "state" for row in made.segments),
        "points": sum(row.kind == "point" for row in made.segments),
        "transitions": sum(row.count for row in made.transitions),
        "comparisons": len(made.groups or ()),
    }


def about(options: StudyOptions, tracks: StudyTracks, card: ModelCard | None, engine: str) -> dict[str, Any]:
    """How a study was made, as plain JSON."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "program": "Kinetoscope",
        "version": project["version"],
        "model": _model(card, engine) if card else None,
        "recipe": json.loads(serialization.to_json(options.recipe)) if card else None,
        "tracks": options.tracks or None,
        "options": {
            "clips": list(options.clips),
            "metadata": options.metadata or None,
            "clip_column": options.clip_column or None,
            "group": options.group or None,
            "subject": options.subject or None,
            "max_gap_s": options.max_gap_s,
            "correction": options.correction,
            "measures": list(MEASURES),
        },
        "clips": [
            {
                "clip": clip.name,
                "path": clip.path,
                "sha256": clip.digest or None,
                "duration_s": clip.labels.end_s,
                "labels_from": clip.source,
            }
            for clip in tracks.clips
        ],
        "failed": [
            {"name": failure.name, "error": str(failure.error), "hint": failure.error.hint}
            for failure in tracks.failures
        ],
    }


def _model(card: ModelCard, engine: str) -> dict[str, Any]:
    """Which model, so that another one of the same name is told apart. digest: of its whole card."""
    return {
        "name": card.name,
        "title": card.title,
        "digest": fingerprint("model card", 1, card),
        "network_sha256": card.network_sha256 or None,
        "backbone": card.backbone,
        "backbone_version": card.backbone_version,
        "threshold": card.threshold,
        "engine": engine,
    }
