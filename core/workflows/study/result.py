"""What a study is asked for, and all that it gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.domain import Recipe
from core.workflows.models import DEFAULT_MODEL
from core.workflows.study.clips import ClipFailure, StudyClip
from core.workflows.study.corrected_shares import StudyCorrection
from core.workflows.study.groups import Correction, GroupRow, SubjectValue
from core.workflows.study.tables import BudgetRow, SegmentRow, TransitionRow


@dataclass(frozen=True)
class StudyOptions:
    """What a study is asked for.

    clips: files and folders. tracks: a file or folder of labels, "" to let the model label the clips; form: the format
    of these files, "" to detect it. metadata: a table about the clips, "" for none; group, subject: columns of it.
    max_gap_s: the longest time between two labels of a transition, None for any.
    """

    clips: tuple[str, ...] = ()
    model: str = DEFAULT_MODEL
    recipe: Recipe = field(default_factory=Recipe)
    tracks: str = ""
    form: str = ""
    metadata: str = ""
    clip_column: str = ""
    group: str = ""
    subject: str = ""
    max_gap_s: float | None = None
    correction: Correction = "holm"


@dataclass(frozen=True)
class Study:
    """All tables of a study as rows.

    columns: of the metadata, as the tables call them. labels: in use, by the alphabet. groups: None where no groups
    were asked for. failures: clips and files of labels that take no part. about: how it was made, as plain JSON.
    subjects: the values of the subjects whose groups were compared. group, subject: the places of the columns that
    name them, None where none does. cells: of the metadata, by the name of the clip. correction: of the shares, None
    where no evaluation of the model allows one.
    """

    columns: tuple[str, ...]
    clips: tuple[StudyClip, ...]
    labels: tuple[str, ...]
    segments: tuple[SegmentRow, ...]
    budget: tuple[BudgetRow, ...]
    transitions: tuple[TransitionRow, ...]
    groups: tuple[GroupRow, ...] | None
    failures: tuple[ClipFailure, ...]
    notes: tuple[str, ...]
    about: Mapping[str, Any]
    subjects: tuple[SubjectValue, ...] = ()
    group: int | None = None
    subject: int | None = None
    cells: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    correction: StudyCorrection | None = None
