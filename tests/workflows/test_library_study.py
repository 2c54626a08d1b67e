"""Studies of the clips of a workspace: the same numbers as from files, and the tables that pages show, by pandas."""

import io
import json
import re
import zipfile
from dataclasses import replace
from fractions import Fraction
from html import escape
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from core.base.errors import NotEnoughExamples
from core.domain import ClipRecipe, Dataset, DrawnTrack, Item, Point, Prediction, Recipe, Segment, VideoInfo
from core.domain.fingerprint import fingerprint
from core.stages.preprocessing.geometry import Rotate
from core.workflows import clips, datasets, predictions
from core.workflows.annotation import journal
from core.workflows.datasets import library
from core.workflows.models import ModelLibrary
from core.workflows.study import StudyOptions, report, study, writing
from core.workflows.study.groups import NO_GROUP, GroupComparison
from core.workflows.study.library import budgets, export, over_time, question, raster, sources
from core.workflows.study.library.clock_times import clock_s
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


def test_budgets_of_groups_are_those_that_are_compared(store: Store, animals: dict[str, str]):
    store.keep_metadata({animals["a2.mp4"]: {"animal": "a1"}})  # two clips of one animal
    metadata = store.metadata()
    groups, subjects = ({digest: metadata[digest][name] for digest in animals.values()} for name in ("diet", "animal"))
    shown = budgets.group_budgets(columns_of(store), list(animals.values()), groups, subjects)
    own = shown.set_index(["group", "label"])
    made = library_study(store, asked(animals, group="diet", subject="animal"), ENGINE)
    assert made.groups
    for row in made.groups:
        for group, mean, count in (
            (row.group_a, row.difference.mean_a, row.difference.n_a),
            (row.group_b, row.difference.mean_b, row.difference.n_b),
        ):
            assert own.loc[(group, row.label), row.measure] == pytest.approx(mean)
            assert count <= own.loc[(group, row.label), "subjects"] == {"a": 1, "b": 3}[group]
    rows = pd.DataFrame(made_rows(), columns=["clip", "label", "start", "stop"])
    rests = rows[rows["clip"].str.startswith("b") & (rows["label"] == "rest")]
    assert own.loc[("b", "rest"), "median_s"] == pytest.approx((rests["stop"] - rests["start"]).median())
    assert own.loc[("b", "rest"), "count"] == len(rests) and own.loc[("a", "rest"), "clips"] == 2


def test_groups_that_are_numbers_come_by_their_size(store: Store):
    digests = study_of(store, {"10": 1, "2": 1, "": 1})
    metadata = store.metadata()
    groups = {digest: metadata[digest].get("diet", NO_GROUP) for digest in digests.values()}
    table = budgets.group_budgets(columns_of(store), list(digests.values()), groups, {})
    assert list(dict.fromkeys(table["group"])) == ["2", "10", NO_GROUP]
    made = library_study(store, LibraryQuestion(tuple(groups), ANNA, "diet"), ENGINE)
    page = report.html(made, {}).decode()
    assert page.index("diet: 2<") < page.index("diet: 10<") < page.index(f"diet: {NO_GROUP}<")


def test_points_have_no_share_and_absent_labels_no_duration(store: Store):
    first, second = clip(store, "a.mp4", 10.0), clip(store, "b.mp4", 20.0)
    journal.begin(
        store, first, drawn([("walk", 0.0, 4.0)], 10.0, points=(Point(2.0, "call"),), labels=("walk", "call"))
    )
    journal.begin(store, second, drawn([], 20.0, seen=((5.0, 10.0), (12.0, 17.0))))
    question = LibraryQuestion((first, second), ANNA)
    expected = pd.read_csv(io.BytesIO(writing.files(library_study(store, question, ENGINE), {})["budget.csv"]))
    shown = budgets.clip_budgets(columns_of(store), [first, second])
    for name in ("kind", "count", "total_s", "share", "mean_s", "rate_per_min", "latency_s", "watched_s"):
        assert shown[name].tolist() == pytest.approx(expected[name].tolist(), nan_ok=True)
    assert shown["kind"].tolist() == ["point", "state", "point", "state"] and shown["watched_s"].tolist()[2:] == [
        10,
        10,
    ]


def test_points_count_also_where_nothing_else_was_reviewed(store: Store):
    """Each makes its frame of 40 ms watched; where nothing but points is known, the whole clip was."""
    first, second = clip(store, "a.mp4", 10.0), clip(store, "b.mp4", 10.0)
    calls = tuple(Point(moment_s, "call") for moment_s in (2.0, 8.013, 9.96))
    labels = ("walk", "call")
    journal.begin(store, first, drawn([("walk", 0.0, 4.0)], 10.0, seen=((0.0, 4.0),), points=calls, labels=labels))
    journal.begin(store, second, drawn([], 10.0, seen=(), points=calls[:1], labels=labels))
    table = budgets.clip_budgets(columns_of(store), [first, second])
    own = table[table["label"] == "call"]
    assert own["count"].tolist() == [3, 1] and own["kind"].tolist() == ["point", "point"]
    assert own["watched_s"].tolist() == pytest.approx([4.08, 10.0])
    assert own["rate_per_min"].tolist() == pytest.approx([180 / 4.08, 6.0])
    assert own["latency_s"].tolist() == pytest.approx([2.0, 2.0])


def test_shares_over_time_are_of_what_was_watched_in_each_bin(store: Store):
    first, second = clip(store, "a.mp4", 10.0), clip(store, "b.mp4", 10.0)
    journal.begin(store, first, drawn([("walk", 1.0, 7.0)], 10.0))
    journal.begin(store, second, drawn([("walk", 0.0, 2.0)], 10.0, seen=((0.0, 4.0),)))
    table = over_time.shares_over_time(columns_of(store), [first, second], {}, 5.0, "walk")
    assert table["start_s"].tolist() == [0.0, 5.0] and table["clips"].tolist() == [2, 1]
    assert table["mean"].tolist() == pytest.approx([(4 / 5 + 2 / 4) / 2, 2 / 5])
    assert table["low"].tolist() == pytest.approx([0.65 - 0.15, np.nan], nan_ok=True)  # standard error of 0.8 and 0.5
    apart = over_time.shares_over_time(columns_of(store), [first, second], {first: "x", second: "y"}, 5.0, "walk")
    assert apart["group"].tolist() == ["x", "x", "y"] and apart["mean"].tolist() == pytest.approx([0.8, 0.4, 0.5])


def test_a_raster_has_the_segments_of_its_rows_in_their_order(store: Store, animals: dict[str, str]):
    columns = columns_of(store)
    rows = columns.of_clips([animals["b1.mp4"], animals["a2.mp4"]])
    drawing = raster.drawing_of(columns, rows.tolist())
    expected = [[row for row in made_rows() if row[0] == name] for name in ("b1.mp4", "a2.mp4")]
    assert drawing.starts.tolist() == [0, len(expected[0]), len(expected[0]) + len(expected[1])]
    entries = sorted(expected[0], key=lambda row: row[2]) + sorted(expected[1], key=lambda row: row[2])
    assert drawing.start_s.tolist() == pytest.approx([row[2] for row in entries])
    assert [columns.labels[drawing.places[label]] for label in drawing.labels] == [row[1] for row in entries]


# Whose labels ---------------------------------------------------------------------------------------------------------


def predicted(store: Store, digest: str, recipe: Recipe, length_s: float, labels: int = 1) -> None:
    """What the model said of a clip: its first label in the first half, then another."""
    card = ModelLibrary.of(store).get(MODEL)[0]
    scores = np.zeros((10, len(card.labels)), np.float32)
    scores[:5, 0] = scores[5:, labels] = 1.0
    made = Prediction((np.arange(10) + 0.5) * length_s / 10, scores, card.labels, card.name, (0.0, length_s))
    key = predictions.prediction_key(store, digest, recipe, card, ENGINE)
    store.write(key, made, kind="prediction", video=digest)


def test_a_model_says_the_same_as_on_the_command_line(store: Store, square_clip: Path):
    digest = clips.add_video(store, square_clip)
    predicted(store, digest, Recipe(), 2.0)
    expected = study(store, StudyOptions(clips=(str(square_clip),), model=MODEL), engine=ENGINE)
    made = library_study(store, LibraryQuestion((digest,), LabelSource("model", MODEL)), ENGINE)
    assert tables(writing.files(made, {})) == tables(writing.files(expected, {})) and made.labels == ("Diving", "bend")
    assert made.about["model"] == expected.about["model"] and made.notes[0] == sources.TRAINING_UNKNOWN
    assert made.about["labels"]["threshold"] == 0.4 and made.about["recipe"] == expected.about["recipe"]


def test_only_predictions_with_the_recipe_of_a_clip_count(store: Store):
    first, second = clip(store, "a.mp4", 4.0), clip(store, "b.mp4", 4.0)
    for digest in (first, second):
        predicted(store, digest, Recipe(), 4.0)
    turned = Recipe((Rotate(angle_deg=90.0),))
    store.keep_clip_recipe(second, ClipRecipe(turned))
    own, plain = LabelSource("model", MODEL), LabelSource("model", MODEL, own_recipe=False)
    assert set(sources.versions(store, own, ENGINE)) == {first}
    assert set(sources.versions(store, plain, ENGINE)) == {first, second}
    predicted(store, second, turned, 4.0, labels=3)
    assert set(sources.versions(store, own, ENGINE)) == {first, second}
    made = library_study(store, LibraryQuestion((first, second), own), ENGINE)
    assert made.labels == ("Diving", "bend", "jump") and "Rotate" in str(made.about["recipe"]["b.mp4"])


def test_corrections_replace_the_prediction_where_somebody_labelled(store: Store):
    digest = clip(store, "a.mp4", 10.0)
    predicted(store, digest, Recipe(), 10.0)
    source = LabelSource("corrected", MODEL)
    before = sources.versions(store, source, ENGINE)
    journal.begin(store, digest, drawn([("rest", 4.0, 5.5)], 10.0, seen=((3.0, 6.0),)))
    assert sources.versions(store, source, ENGINE) != before, "other labels have another version"
    made = library_study(store, LibraryQuestion((digest,), source), ENGINE)
    spans = [(row.label, row.start_s, row.stop_s) for row in made.segments]
    assert spans == [("bend", 0.0, 3.0), ("rest", 4.0, 5.5), ("Diving", 6.0, 10.0)]
    assert made.clips[0].source == f"{MODEL}, corrected" and made.budget[0].watched_s == 10.0


def test_annotators_are_known_by_name_and_empty_tracks_do_not_count(store: Store):
    first, second = clip(store, "a.mp4", 10.0), clip(store, "b.mp4", 10.0)
    journal.begin(store, first, drawn([("rest", 1.0, 2.0)], 10.0, "Ben"))
    journal.begin(store, first, drawn([("rest", 1.0, 3.0)], 10.0))
    journal.begin(store, second, DrawnTrack(("rest",), (), (), "", "Ben"))
    journal.begin(store, "ab" * 32, drawn([("rest", 1.0, 3.0)], 10.0))  # of a clip that is gone
    assert sources.annotators(store) == {"Anna": (first,), "Ben": (first,)}
    journal.begin(store, second, drawn([("rest", 1.0, 3.0)], 10.0, "Cleo"))
    assert sources.annotators(store) == {"Anna": (first,), "Ben": (first,), "Cleo": (second,)}
    made = library_study(store, LibraryQuestion((first, second), LabelSource("annotator", "Ben")), ENGINE)
    assert [row.stop_s for row in made.segments] == [2.0]
    assert "clips without these labels, which take no part: 1" in made.notes
    with pytest.raises(NotEnoughExamples):
        library_study(store, LibraryQuestion((second,), ANNA), ENGINE)


def test_clips_that_a_model_was_trained_on_are_not_compared(store: Store, animals: dict[str, str], monkeypatch):
    for digest, name in zip(animals.values(), LENGTHS_S, strict=True):
        predicted(store, digest, Recipe(), LENGTHS_S[name])
    item = Item(animals["a1.mp4"], "a1.mp4", LENGTHS_S["a1.mp4"], label="bend")
    dataset = Dataset("own", ("bend",), (item,))
    library.keep_version(store, dataset, dataset)
    card = ModelLibrary.of(store).get(MODEL)[0]
    known = replace(card, settings={**card.settings, "data": datasets.key(dataset)})
    monkeypatch.setattr(ModelLibrary, "get", lambda self, name: (known, Path("models") / name))
    source = LabelSource("model", MODEL)
    assert sources.learned_from(store, source) == {animals["a1.mp4"]}
    assert not sources.learned_from(store, ANNA) and not sources.is_training_unknown(store, source)
    own = LibraryQuestion(tuple(animals.values()), source, "diet", "animal")
    made = library_study(store, own, ENGINE)
    assert {row.subject for row in made.subjects} == {"a2", "b1", "b2", "b3"}
    assert "clips that the model was trained on, which are not compared: a1.mp4" in made.notes
    whole = library_study(store, replace(own, with_learned=True), ENGINE)
    assert "a1" in {row.subject for row in whole.subjects} and len(whole.segments) == len(made.segments)


def test_a_comparison_is_stored_and_made_anew_when_metadata_change(store: Store, animals: dict[str, str]):
    own = asked(animals, group="diet")
    key = question.comparison_key(store, own, ENGINE)
    question.compare_groups(store, own, ENGINE)
    stored = store.read(key, GroupComparison)
    assert stored.rows == library_study(store, own, ENGINE).groups
    store.keep_metadata({animals["a2.mp4"]: {"diet": "b"}})
    assert question.comparison_key(store, own, ENGINE) != key
    assert library_study(store, own, ENGINE).groups != stored.rows


def test_clips_that_are_called_alike_are_told_apart(store: Store):
    names = {"ab" * 32: "a.mp4", "cd" * 32: "a.mp4", "ef" * 32: "b.mp4"}
    assert list(sources.names_of_clips(names).values()) == ["a.mp4 (abababab)", "a.mp4 (cdcdcdcd)", "b.mp4"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("14:05", 50700), ("9:00:30", 32430), ("2026-03-01T09:00:30.5", 32430.5), ("24:00", None), ("9:61", None),
        ("2026-03-01", None), ("noon", None), ("", None),
    ],
)  # fmt: skip
def test_times_of_day_are_read(text: str, seconds: float | None):
    assert clock_s(text) == seconds


# Files ----------------------------------------------------------------------------------------------------------------


def test_the_zip_holds_all_files_and_the_report_escapes_names(store: Store):
    digests = study_of(store, {"<i>a</i>": 6, "b&b": 6})
    own = LibraryQuestion(tuple(digests.values()), ANNA, "diet", "animal")
    export.make_files(store, own, ENGINE)
    key = export.files_key(store, own, ENGINE)
    with zipfile.ZipFile(store.file_path(key)) as box:
        about = json.loads(box.read("study.json"))
        assert about["files"] == box.namelist()
    page = export.part(store, key, "report.html").decode()
    for name in ("<b>walk</b>", "<i>a</i>", "b&b"):
        assert name not in page and escape(name) in page
    root = ElementTree.fromstring(re.findall(r"<svg.*?</svg>", page)[0])
    assert (
        root.get("viewBox") and "src=" not in page and "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    )
    assert "Group comparison" in page and "fewer than 5 subjects" in page
    assert "Kinetoscope" in page and "Anna" in page


def test_parquet_holds_numbers_as_numbers_and_names_as_text():
    table = 'clip,dose,label,count,share,mean_s\n"a, ""x"".mp4",1,NA,2,0.5,\n"two\nlines",,rest,0,0.0,1.25\n'
    read = pd.read_parquet(io.BytesIO(writing.parquet(table.encode())))
    assert read["clip"].tolist() == ['a, "x".mp4', "two\nlines"] and read["dose"].tolist() == ["1", ""]
    assert read["label"].tolist() == ["NA", "rest"] and read["count"].tolist() == [2, 0]
    assert read["share"].tolist() == [0.5, 0.0] and np.isnan(read["mean_s"][0]) and read["mean_s"][1] == 1.25
