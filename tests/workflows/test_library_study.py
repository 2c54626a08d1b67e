"""Studies of the clips of a workspace: the same numbers as from files, and the tables that pages show, by pandas."""

import io
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.domain import DrawnTrack, Segment, VideoInfo
from core.domain.fingerprint import fingerprint
from core.workflows.annotation import journal
from core.workflows.study import StudyOptions, study, writing
from core.workflows.study.library import budgets, export, sources
from core.workflows.study.library.columns import StudyColumns
from core.workflows.study.library.question import LibraryQuestion, library_study
from core.workflows.study.library.sources import LabelSource
from core.workspace.store import Store
from tests.workflows.test_study import LENGTHS_S, bouts, made_rows

ENGINE = "tensorflow-f32"
MODEL = "actions-15"
ANNA = LabelSource("annotator", "Anna")


def clip(store: Store, name: str, length_s: float) -> str:
    """A clip of the library of that length; gives its digest."""
    digest = fingerprint("clip", name) + "0" * 24
    times_s = np.arange(int(length_s * 25)) / 25
    store.save_video(
        VideoInfo(f"/clips/{name}", digest, 320, 240, len(times_s), len(times_s), times_s, Fraction(25), False,
                  length_s, "h264", True, ())
    )  # fmt: skip
    return digest


def drawn(rows, length_s: float, author: str = "Anna", **changes) -> DrawnTrack:
    """A track of a person who watched all of a clip. rows: label, start, stop."""
    segments = tuple(Segment(start_s, stop_s, label) for label, start_s, stop_s in rows)
    labels = tuple(dict.fromkeys(segment.label for segment in segments))
    return replace(DrawnTrack(labels, segments, ((0.0, length_s),), "", author), **changes)


def study_of(store: Store, groups: dict[str, int], *, metadata: bool = True) -> dict[str, str]:
    """Clips labelled by Anna, so many in each group; in each group after the first one she saw more of <b>walk</b>."""
    digests: dict[str, str] = {}
    for place, (group, count) in enumerate(groups.items()):
        for number in range(count):
            name = f"{group}{number}.mp4"
            digests[name] = clip(store, name, 20.0)
            walked_s = 2.0 + 5 * place + 0.3 * number
            rows = [("rest", 1.0, 2.0), ("<b>walk</b>", 3.0, 3.0 + walked_s), ("rest", 17.5, 19.0)]
            journal.begin(store, digests[name], drawn(rows, 20.0))
            if metadata:
                store.keep_metadata({digests[name]: {"diet": group, "animal": f"{group}{number // 2}"}})
    return digests


@pytest.fixture
def animals(store: Store) -> dict[str, str]:
    """Five clips with labels by Anna, and what is known of them; digests by name."""
    digests = {}
    for name, length_s in LENGTHS_S.items():
        digests[name] = clip(store, name, length_s)
        rows = [(label, start_s, stop_s) for clip, label, start_s, stop_s in made_rows() if clip == name]
        journal.begin(store, digests[name], drawn(rows, length_s))
    store.keep_metadata({digest: {"diet": name[0], "animal": name[:2]} for name, digest in digests.items()})
    return digests


def asked(animals: dict[str, str], **options) -> LibraryQuestion:
    return LibraryQuestion(tuple(animals.values()), ANNA, **options)


def columns_of(store: Store, source: LabelSource = ANNA) -> StudyColumns:
    export.read_labels(store, source, ENGINE)
    return store.read(export.columns_key(source, sources.versions(store, source, ENGINE)), StudyColumns)


def tables(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if name.endswith(".csv")}


def test_the_tables_are_those_of_the_command_line(store: Store, animals: dict[str, str], tmp_path: Path):
    made = library_study(store, asked(animals, group="diet", subject="animal"), ENGINE)
    table = tmp_path / "table.csv"
    table.write_text("clip,diet,animal\n" + "".join(f"{name},{name[0]},{name[:2]}\n" for name in LENGTHS_S))
    labels = bouts(tmp_path / "bouts.csv", made_rows())
    options = StudyOptions(tracks=str(labels), metadata=str(table), group="diet", subject="animal")
    expected = study(store, options, engine=ENGINE)
    assert tables(writing.files(made, {})) == tables(writing.files(expected, {}))
    assert made.about["labels"] == {"from": "annotator", "name": "Anna"}
    assert {clip["sha256"] for clip in made.about["clips"]} == set(animals.values())


def test_budgets_of_chosen_clips_are_those_of_the_study(store: Store, animals: dict[str, str]):
    chosen = [animals["b3.mp4"], animals["a1.mp4"]]
    shown = budgets.clip_budgets(columns_of(store), chosen)
    made = library_study(store, replace(asked(animals), digests=tuple(chosen)), ENGINE)
    expected = pd.read_csv(io.BytesIO(writing.files(made, {})["budget.csv"])).set_index(["clip", "label"]).sort_index()
    names = {digest: name for name, digest in animals.items()}
    own = shown.assign(clip=shown["digest"].map(names)).set_index(["clip", "label"]).sort_index()
    assert list(own.index) == list(expected.index) and ("b3.mp4", "groom") in own.index
    for name in ("count", "cut", "total_s", "share", "mean_s", "median_s", "rate_per_min", "latency_s", "watched_s"):
        np.testing.assert_allclose(own[name], expected[name], atol=1e-6, err_msg=name)
    starts = {name: [row for row in made_rows() if row[0] == name] for name in ("a1.mp4", "b3.mp4")}
    for name, rows in starts.items():
        rest = [row for row in rows if row[1] == "rest"]
        gaps = [later[2] - earlier[3] for earlier, later in pairwise(rest)]
        assert own.loc[(name, "rest"), "gap_s"] == pytest.approx(np.median(gaps))
