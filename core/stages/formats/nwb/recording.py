"""What an NWB file holds of one clip."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from core.domain import ClipLabels, Labels
from core.domain.validation import check

LabelingMethod: TypeAlias = Literal["manual", "automated", "curated", "unknown"]


@dataclass(frozen=True)
class NwbRecording:
    """The labels of one clip, with what NWB wants to know of its recording.

    labels: of one clip; all times are seconds from its first frame, which is the start of the session. session_start:
    with its time zone. subject: "" where nobody says. method: who labelled, in the words of ndx-ethogram; "unknown" for
    labels out of a file that does not say so. digest: of the bytes of the clip. metadata: what is known of the clip, by
    column. about: how the labels were made, as plain JSON.
    """

    labels: Labels
    session_start: datetime
    subject: str = ""
    method: LabelingMethod = "unknown"
    digest: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        check(len(self.labels.clips) == 1, f"an NWB file is about one clip, got {len(self.labels.clips)}")
        check(self.session_start.tzinfo is not None, "the start of a session has a time zone")

    @property
    def clip(self) -> ClipLabels:
        """The clip with its labels."""
        return self.labels.clips[0]
