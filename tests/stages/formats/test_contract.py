"""What holds for every format: what is written can be read, and is the same within its own resolution."""

import random
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.base.errors import AnalysisError, FormatInvalid
from core.base.registry import FORMATS
from core.domain import ClipLabels, Labels, Lane, Segment, listed
from core.stages import video
from core.stages.formats import ReadOptions
from core.stages.formats.common import conversion
from core.stages.formats.common.format import KEPT
from tests.conftest import ROOT
from tests.labels import VARIABLE, A, clip, events, file_name, files_of, labels, read, steady

STRETCHES = [name for name in conversion.writable() if "stretches" in FORMATS[name].keeps]
ROWS = (
    "mstcn",
    "feral",
    "deepethogram",
    "cvat",
    "boris-binary",
)  # cannot tell two touching segments of one label apart
CONSTANT = ("labelstudio", "boris-binary")  # only clips of constant rate
NAMES = [
    "walk",
    "groom",
    "лазить",
    "走る",
    "R&B",
    "a<b",
    'q"uote',
    "semi;colon",
    "o'neil,x",
    "é",
    "e\u0301",
    "#1",
    "=1+1",
]
SPACED = ["stand up", "go  on", "'", "{}", "[1]", "-", "🐭 runs"]
WHOLE = [name for name, form in FORMATS.items() if "whole" in form.keeps and form.files]


@st.composite
def clocks(draw, constant: bool):
    """A clip of constant or of varying rate."""
    frames = draw(st.integers(2, 40))
    if constant or draw(st.booleans()):
        rate = draw(
            st.sampled_from([Fraction(25), Fraction(30), Fraction(24000, 1001), Fraction(60), Fraction(5883, 100)])
        )
        return steady(frames, rate)
    gaps_ms = draw(st.lists(st.integers(5, 300), min_size=frames, max_size=frames))
    ends = [sum(gaps_ms[: i + 1]) / 1000 for i in range(frames)]
    return clip([0.0, *ends[:-1]], ends[-1])


@st.composite
def tracks(draw, info, names, confident: bool):
    """Segments on frames that do not overlap, some of which touch; perhaps none."""
    bounds_s = [*info.times_s.tolist(), info.duration_s]
    cuts = sorted(draw(st.sets(st.integers(0, info.frame_count), max_size=12)))
    segments = []
    for first, stop in pairwise(cuts):
        if draw(st.booleans()):
            sure = draw(st.integers(0, 100)) / 100 if confident else None
            segments.append(Segment(bounds_s[first], bounds_s[stop], draw(st.sampled_from(names)), sure))
    return tuple(segments)


@pytest.mark.parametrize("name", STRETCHES)
def test_what_is_written_is_read_back_the_same(name):
    form = FORMATS[name]

    @given(st.data())
    @hypothesis_settings(max_examples=12, deadline=None, database=None)
    def check(data):
        info = data.draw(clocks(name in CONSTANT))
        names = NAMES if name in ("mstcn", "feral") else [*NAMES, *SPACED]
        confident = "confidence" in form.keeps and data.draw(st.booleans())
        written = labels(*data.draw(tracks(info, names, confident)), info=info)
        again = read(form, form.write(written), info, watched=True)
        assert events(again, joined=name in ROWS) == events(written, joined=name in ROWS)
        if confident:
            sure = {(one.label, round(one.start_s, 3)): one.confidence for one in written.clips[0].lanes[0].segments}
            for lane in again.clips[0].lanes:
                for one in lane.segments:
                    assert one.confidence == pytest.approx(sure[one.label, round(one.start_s, 3)], abs=0.006)
        assert all(lane.seen == ((0.0, info.duration_s),) for lane in again.clips[0].lanes)
        assert not [found for found in again.findings if found.left_out]

    check()


@pytest.mark.parametrize("name", [name for name in STRETCHES if "overlaps" in FORMATS[name].keeps])
def test_labels_at_the_same_time_come_back(name):
    lanes = tuple(
        Lane((Segment(start_s, start_s + 0.12, label),), seen=((0.0, 0.4),), name=label)
        for start_s, label in ((0.04, "walk"), (0.08, "groom"), (0.0, "走る"))
    )
    made = ClipLabels("a.mp4", lanes, info=A)
    written = Labels((made,), listed((), (made,)))
    assert events(read(FORMATS[name], FORMATS[name].write(written), A)) == events(written)


@pytest.mark.parametrize("name", [name for name in STRETCHES if "overlaps" not in FORMATS[name].keeps])
def test_a_format_of_one_label_at_a_time_refuses_two(name):
    lanes = tuple(Lane((Segment(0.0, 0.2, label),), seen=((0.0, 0.4),), name=label) for label in ("walk", "groom"))
    made = ClipLabels("a.mp4", lanes, info=A)
    with pytest.raises(FormatInvalid, match="overlaps"):
        FORMATS[name].write(Labels((made,), ("walk", "groom")))


@pytest.mark.parametrize("name", [name for name in STRETCHES if FORMATS[name].several])
def test_several_clips_come_back_apart(name):
    one, other = steady(), steady(7, 30, path="/clips/b.mp4")
    first, second = labels(Segment(0.0, 0.2, "walk")), labels(Segment(1 / 30, 0.1, "groom"), info=other)
    both = Labels((*first.clips, *second.clips), ("walk", "groom"))
    again = read(FORMATS[name], FORMATS[name].write(both), one, other, watched=True)
    assert events(again) == events(both) and len(again.clips) == 2


@pytest.mark.parametrize("name", [name for name in conversion.writable() if not FORMATS[name].several])
def test_a_format_of_one_clip_refuses_two(name):
    both = Labels((*labels().clips, *labels(info=steady(path="b.mp4")).clips), ())
    with pytest.raises(FormatInvalid, match="one clip per file"):
        FORMATS[name].write(both)


@pytest.mark.parametrize("name", WHOLE)
def test_labels_of_whole_clips_come_back(name):
    sides = (("walk", "train"), ("walk", "test"), ("groom", "train"))
    clips = tuple(
        ClipLabels(f"{label}/v_{label}_g{at:02}_c01.avi", label=label, split=side, group=f"{label} g{at:02}")  # pyright: ignore
        for at, (label, side) in enumerate(sides)
    )
    again = read(FORMATS[name], FORMATS[name].write(Labels(clips, ("walk", "groom"))))
    assert {(one.name, one.label, one.split) for one in again.clips} == {
        (one.name, one.label, one.split) for one in clips
    }


@pytest.mark.parametrize("name", STRETCHES)
@pytest.mark.parametrize("first, stop", [(2, 5), (2, 3), (8, 10)])
@pytest.mark.parametrize("info", [A, VARIABLE], ids=["constant", "variable"])
def test_the_three_events_on_both_clocks(name, first, stop, info):
    """Frames 2 to 4; frame 2 alone; the last two."""
    if name in CONSTANT and info is VARIABLE:
        with pytest.raises(FormatInvalid, match="frame rate"):
            FORMATS[name].write(labels(Segment(0.12, 0.16, "walk"), info=VARIABLE))
        return
    bounds_s = [*info.times_s.tolist(), info.duration_s]
    written = labels(Segment(bounds_s[first], bounds_s[stop], "walk"), info=info)
    again = read(FORMATS[name], FORMATS[name].write(written), info)
    (segment,) = again.clips[0].lanes[0].segments
    assert (segment.start_s, segment.stop_s, segment.label) == (bounds_s[first], bounds_s[stop], "walk")


@pytest.mark.parametrize("name", STRETCHES)
def test_a_segment_that_rounding_would_empty_is_refused_by_name(name):
    with pytest.raises(FormatInvalid, match=r"'walk' from 0\.1000000?1 to 0\.1000000?2 s"):
        FORMATS[name].write(labels(Segment(0.10000001, 0.10000002, "walk")))


@pytest.mark.parametrize("name", conversion.writable())
def test_the_same_labels_give_the_same_bytes(name):
    written = labels(Segment(0.08, 0.2, "walk"), label="walk" if "stretches" not in FORMATS[name].keeps else "")
    first = FORMATS[name].write(written)
    assert first == FORMATS[name].write(written)
    if not first.startswith(b"PK"):
        assert first.endswith(b"\n") and b"\r" not in first and not first.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_says_how_it_counts(name):
    form = FORMATS[name]
    assert form.unit and form.base and form.ends and form.title and form.mime.count("/") == 1
    assert form.suffix.startswith(".") and form.keeps <= set(KEPT) and {"stretches", "whole"} & form.keeps
    longest_s = 0.12 if form.frames else form.digit_s
    assert form.resolution_s(VARIABLE) == pytest.approx(longest_s)


@pytest.mark.parametrize("name", STRETCHES)
def test_only_formats_that_need_every_frame_refuse_a_clip_that_was_watched_in_part(name):
    form, partly = FORMATS[name], labels(Segment(0.08, 0.2, "walk"), seen=((0.0, 0.2),))
    if form.every_frame:
        with pytest.raises(FormatInvalid, match="annotated") as caught:
            form.write(partly)
        assert "whole clip was annotated" in caught.value.hint
    else:
        assert form.write(partly)


@pytest.mark.parametrize("name", STRETCHES)
def test_a_file_is_told_by_its_content(name):
    form = FORMATS[name]
    content = form.write(labels(Segment(0.08, 0.2, "walk")))
    assert conversion.detect_files(files_of(form, content)) is form


@pytest.mark.parametrize("name", [name for name in STRETCHES if FORMATS[name].frames and name != "boris-binary"])
def test_a_format_of_frames_asks_for_the_clip(name):
    form = FORMATS[name]
    content = form.write(labels(Segment(0.08, 0.2, "walk")))
    with pytest.raises(FormatInvalid) as caught:
        read(form, content)
    assert "--video" in caught.value.hint or "--rate" in caught.value.hint
    bare = replace(labels(Segment(0.08, 0.2, "walk")).clips[0], info=None)
    with pytest.raises(FormatInvalid) as caught:
        form.write(Labels((bare,), ("walk",)))
    assert "--video" in caught.value.hint


def hostile(content: bytes) -> list[bytes]:
    """What may become of a file on its way: cut, in another encoding, of another kind, with bytes changed."""
    rng = random.Random(7)
    cut = [content[: rng.randrange(len(content))] for _ in range(12)]
    flipped = []
    for _ in range(25):
        changed = bytearray(content)
        for _ in range(rng.randrange(1, 4)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        flipped.append(bytes(changed))
    others = [
        b"",
        b"\0" * 50,
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"NaN",
        b"null",
    ]
    others += [b"[NaN]", b'{"database": NaN}', b"<a>" * 100_000, b"a," * 200_000, b"\n" * 1000, b'"' + b"x" * 300_000]
    others += [b"1e999", b"[1" + b"0" * 5000 + b"]", content.decode("utf-8", "ignore").encode("utf-16")]
    return [*cut, *flipped, *others, content * 2, content.replace(b"\n", b"\r"), b"\xff" + content]


@pytest.mark.parametrize("name", conversion.writable())
def test_whatever_is_wrong_with_a_file_is_told_in_words_and_soon(name):
    """A file that is damaged is refused, or means something all the same; it never breaks the reader."""
    form = FORMATS[name]
    told = labels(Segment(0.0, 0.08, "走る"), Segment(0.08, 0.2, "walk"))
    told = told if "stretches" in form.keeps else labels(label="walk")
    content = form.write(told)
    refusals = 0
    for damaged in hostile(content):
        try:
            found = form.read({file_name(form): damaged}, ReadOptions(clips=(A,), watched=True))
            assert isinstance(found, Labels)
        except AnalysisError as error:
            refusals += 1
            assert isinstance(error, FormatInvalid), error
            assert file_name(form) in str(error) or "There " in str(error) or "classInd" in str(error), str(error)
    assert refusals >= 20


@pytest.mark.parametrize("name", conversion.writable())
def test_every_format_is_read_from_one_file_or_from_a_folder(name):
    form = FORMATS[name]
    if form.files is None:
        with pytest.raises(FormatInvalid, match="one file, not a folder"):
            conversion.convert(labels(), form, folder=True)
        return
    told = labels(Segment(0.08, 0.2, "walk")) if "stretches" in form.keeps else labels(label="walk")
    files = conversion.convert(told, form, folder=True).files
    assert conversion.detect_files(files) is form
    again = form.read(files, ReadOptions(clips=(A,)))
    assert events(again) == events(told) and [one.label for one in again.clips] == [one.label for one in told.clips]


@pytest.mark.parametrize("clip_name", ["vfr.mp4", "neg_pts.mkv", "one_frame.mp4"])
def test_every_frame_of_a_real_clip_comes_back_out_of_every_format(shared_data, clip_name):
    path = str(shared_data / "awkward" / clip_name)
    info = video.probe(path, video.digest(path))
    bounds_s = [*info.times_s.tolist(), info.duration_s]
    names = ["walk", "groom"]
    single = [Segment(*bounds_s[i : i + 2], names[i % 2]) for i in range(info.frame_count)]
    for name in STRETCHES:
        if name in CONSTANT and (info.variable_rate or info.frame_count < 2):
            continue
        written = labels(*single, info=info)
        stem = clip_name.rpartition(".")[0]
        assert events(read(FORMATS[name], FORMATS[name].write(written), info, stem=stem)) == events(written), name


@pytest.mark.parametrize("name", FORMATS)
def test_the_document_tells_of_each_format_what_the_program_does(name):
    form, told = FORMATS[name], (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    assert f"| [`{name}`](#{name}) | {form.unit} | {form.base} | {form.ends} |" in told
    kinds = (
        "overlaps",
        "tracks",
        "unlabelled",
        "confidence",
        "points",
        "notes",
        "several",
        "whole",
        "split",
        "classes",
    )
    cells = " | ".join("yes" if kind in form.keeps else "lost" for kind in kinds)
    assert f"| `{name}` | {cells} |" in told
