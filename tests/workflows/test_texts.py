"""Subtitles and transcripts: taken as they are, told where they are odd, never a crash."""

import json
import sys
import types
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.base.errors import AnalysisError, FormatInvalid, ResultMissing, VideoUnreadable, WeightsMissing
from core.domain import Line
from core.stages import video
from core.workflows import clips
from core.workflows import texts as transcripts
from core.workflows.search import index, keep_lines
from core.workflows.texts import charset, parser, speech_to_text, text_store
from core.workspace.store import Store

pytestmark = pytest.mark.usefixtures("no_network")
SRT = """1
00:00:00,200 --> 00:00:00,900
<i>Hello</i> there

2
00:00:01,000 --> 00:00:01,800
second, line
two
"""


def lines(content: str | bytes, name: str = "a.srt", duration_s: float = 100.0) -> list[tuple[float, float, str]]:
    raw = content if isinstance(content, bytes) else content.encode()
    return [(each.start_s, each.stop_s, each.text) for each in parser.read(name, raw, duration_s=duration_s).lines]


def notes(content: str | bytes, duration_s: float = 100.0) -> str:
    raw = content if isinstance(content, bytes) else content.encode()
    return " ".join(parser.read("a.srt", raw, duration_s=duration_s).notes)


def test_srt_and_webvtt_become_lines_without_markup():
    expected = [(0.2, 0.9, "Hello there"), (1.0, 1.8, "second, line two")]
    assert lines(SRT) == expected
    vtt = SRT.replace(",", ".").replace("second.", "second,").replace("<i>", "<v Anna>").replace("</i>", "</v>")
    head = "WEBVTT - title\n\nSTYLE\n::cue { color: red }\n\nNOTE more\nthan a line\n\n"
    assert lines(head + vtt.replace("2\n00", "a name\n00").replace("00:00:01", "00:01")) == expected
    assert lines("WEBVTT\n\n00:01.000 --> 00:02.000 align:left\na &amp; b<00:01.500> c\n") == [(1.0, 2.0, "a & b c")]


def test_ass_becomes_lines():
    told = "[Script Info]\n\n[Events]\nDialogue: 0,0:00:01.50,0:00:03.00,Default,,0,0,0,,{\\an8}one,\\Ntwo\n"
    assert lines(told, "a.ass") == [(1.5, 3.0, "one, two")]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("[00:01:02] words\n[00:01:04.5] more\n", [(62.0, 64.5, "words"), (64.5, 94.5, "more")]),
        ("0:12 - 0:15 words\n0:20 – 0:21 more", [(12.0, 15.0, "words"), (20.0, 21.0, "more")]),
        ("12.5 words here\n13 more", [(12.5, 13.0, "words here"), (13.0, 43.0, "more")]),
        ("12.5\t15.25\twords\n16\t17\tmore", [(12.5, 15.25, "words"), (16.0, 17.0, "more")]),
        ("0:12\nwords\nand more\n0:15\nlast", [(12.0, 15.0, "words and more"), (15.0, 45.0, "last")]),
        ("[00:00.000 --> 00:04.000]  said by Whisper\n", [(0.0, 4.0, "said by Whisper")]),
        ("(1:02) Anna: hello", [(62.0, 92.0, "Anna: hello")]),
        ("Title of it\n\n00:03 one\n2 men walk on\n", [(3.0, 33.0, "one 2 men walk on")]),
        ("start\tend\ttext\n1500\t2500\twords\n", [(1.5, 2.5, "words")]),
        ("[1.5s - 2.5s] words", [(1.5, 2.5, "words")]),
        ("1:00:03.5 an hour in", []),
    ],
)
def test_plain_transcripts_with_times(told, expected):
    duration_s = 4000.0 if not expected else 100.0
    found = lines(told, "talk.txt", duration_s)
    assert found == (expected or [(3603.5, 3633.5, "an hour in")])
    assert parser.read("talk.txt", told.encode(), duration_s=duration_s).source == "transcript"


def test_what_is_odd_is_taken_as_it_is():
    overlapping = SRT.replace("00:00:00,900", "00:00:01,500")
    assert [each[:2] for each in lines(overlapping)] == [(0.2, 1.5), (1.0, 1.8)]
    first, second = SRT.strip().split("\n\n")
    assert lines(f"{second}\n\n{first}\n") == lines(SRT)
    assert lines(SRT.replace("\n", "\r\n")) == lines(SRT.replace("\n", "\r")) == lines(SRT)
    assert lines(SRT.replace("\n\n", "\n")) == lines(SRT)  # nothing but the number parts the cues
    assert lines(SRT.replace("there", "there\n\nand on")) == [(0.2, 0.9, "Hello there and on"), *lines(SRT)[1:]]
    backwards = SRT.replace("00:00:00,900", "00:00:00,100")
    assert lines(backwards)[0][:2] == (0.2, 1.0) and "no valid end" in notes(backwards)
    assert "could not be read" in notes("1\n00:0x --> 00:07\nlost\n\n" + SRT) and len(lines("x --> y\n" + SRT)) == 2
    assert lines(SRT, duration_s=0.5) == [(0.2, 0.5, "Hello there")] and "outside the clip" in notes(SRT, 0.5)
    assert len(lines(SRT.replace("Hello", "x" * 5000))[0][2]) == parser.LONGEST_TEXT


@pytest.mark.parametrize(
    ("coding", "words"),
    [
        ("utf-8", "Grüße 你好"),
        ("utf-8-sig", "Grüße 你好"),
        ("utf-16", "Grüße 你好"),
        ("utf-16-le", "Hello 你好"),
        ("utf-16-be", "Hello 你好"),
        ("utf-32", "Grüße 你好"),
        ("latin-1", "Grüße aus Köln, été à la façade"),
        ("cp1252", "“Grüße” – naïve café"),
        ("latin-1", "grüß Gott"),
        ("gbk", "你好 means hello, 再见 means goodbye"),
        ("gbk", "他骑着一匹马穿过田野，今天天气很好。"),
        ("gb18030", "大家好，欢迎观看"),
    ],
)
def test_each_encoding_is_read(coding, words):
    content = SRT.replace("<i>Hello</i> there", words).encode(coding)
    assert lines(content)[0][2] == words
    assert ("was read as" in notes(content)) == (not coding.startswith(("utf-8", "utf-32")) and coding != "utf-16")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 4096,
        bytes(range(256)) * 64,
        b"words without any time\n" * 9,
        b"\xff\xfe\x00",
        b"RIFF\x00\x00\x00AVI ",
    ],
)
def test_what_holds_no_words_with_times_is_refused(content):
    with pytest.raises(FormatInvalid) as told:
        parser.read("odd.srt", content, duration_s=10.0)
    assert "odd.srt" in str(told.value) and told.value.hint


def test_ten_megabytes_are_taken_or_refused_with_a_reason():
    cue = "{}\n00:{:02}:{:02},000 --> 00:{:02}:{:02},900\n{}\n"
    many = "\n".join(cue.format(n, n // 60 % 60, n % 60, n // 60 % 60, n % 60, "w" * 26) for n in range(170_000))
    assert len(many) > 10 * 2**20
    with pytest.raises(FormatInvalid, match="170000 lines are too many"):
        lines(many, duration_s=1e5)
    long = "\n".join(cue.format(n, n // 60 % 60, n % 60, n // 60 % 60, n % 60, "word " * 200) for n in range(10_900))
    assert len(long) > 10 * 2**20 and len(lines(long, duration_s=1e5)) == 10_900
    with pytest.raises(FormatInvalid, match="at most 16 MiB"):
        lines(b"x" * (charset.LARGEST_BYTES + 1))


@given(
    content=st.one_of(st.binary(max_size=400), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
)
@example(content=b"1:99 --> x\n")
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_no_bytes_crash_the_reader(content):
    for head in (b"", SRT.encode(), b"WEBVTT\n\n", b"[0:01] "):
        try:
            found = parser.read("any", head + content, duration_s=5.0)
        except FormatInvalid:
            continue
        assert all(0 <= line.start_s < line.stop_s <= 5.0 and line.text for line in found.lines)


# Beside a clip --------------------------------------------------------------------------------------------------------


@pytest.fixture
def with_texts(square_clip: Path, tmp_path: Path) -> Path:
    """A Matroska clip with subtitles inside, in English, one of them out of its time."""
    (tmp_path / "in.srt").write_text(SRT + "\n3\n00:00:07,000 --> 00:00:08,000\nafter the end\n")
    path = tmp_path / "inside.mkv"
    with av.open(square_clip) as clip, av.open(tmp_path / "in.srt", format="srt") as texts, av.open(path, "w") as made:
        streams = ((clip, clip.streams.video[0]), (texts, texts.streams.subtitles[0]))
        pairs = [(source, made.add_stream_from_template(stream), stream) for source, stream in streams]
        pairs[1][1].metadata["language"] = "eng"
        for source, target, stream in pairs:
            for packet in source.demux(stream):
                if packet.dts is not None:
                    packet.stream = target
                    made.mux(packet)
    return path


def test_sources_of_texts_are_remembered_up_to_a_limit(store: Store, monkeypatch):
    monkeypatch.setattr(text_store, "_SOURCES", {})
    monkeypatch.setattr(text_store, "MOST_SOURCES", 3)
    digests = [f"{number:064x}" for number in range(8)]
    keys = [text_store.keep_lines(store, digest, "subtitle", (Line(0.0, 1.0, digest),)) for digest in digests]
    for _ in range(2):
        assert [text_store.spoken_keys(store, digest) for digest in digests] == [(key,) for key in keys]
        assert 0 < len(text_store._SOURCES) <= 3


def test_subtitles_inside_a_clip_are_taken(store: Store, with_texts: Path, square_clip: Path):
    digest = clips.add_video(store, with_texts)
    transcripts.take_inside(store, digest)
    (kept,) = transcripts.lines_of(store, digest)
    assert kept.source == "subtitle inside eng"
    assert [(each.start_s, each.stop_s, each.text) for each in kept.lines] == [
        (pytest.approx(0.2), pytest.approx(0.9), "Hello there"),
        (pytest.approx(1.0), pytest.approx(1.8), "second, line two"),
    ]
    plain = clips.add_video(store, square_clip)
    with pytest.raises(ResultMissing, match="contains no text subtitles"):
        transcripts.take_inside(store, plain)
    transcripts.drop(store, digest, kept.source)
    assert transcripts.lines_of(store, digest) == ()


def test_a_file_is_kept_beside_its_clip_and_found_by_the_search(store: Store, square_clip: Path):
    digest = clips.add_video(store, square_clip)
    assert transcripts.take_file(store, digest, "a.srt", SRT.encode()) == ()
    transcripts.take_file(store, digest, "a.srt", SRT.replace("Hello", "Bye").encode())  # in place of the first
    transcripts.take_file(store, digest, "a.txt", b"[0:01] she rides a horse")
    told = {each.source: [line.text for line in each.lines] for each in transcripts.lines_of(store, digest)}
    assert told == {"subtitle": ["Bye there", "second, line two"], "transcript": ["she rides a horse"]}
    with pytest.raises(FormatInvalid):
        transcripts.take_file(store, digest, "b.srt", b"nothing here")
    assert len(transcripts.lines_of(store, digest)) == 2
    assert len(index.current(store).line_source) == 3
    store.delete_video(digest)
    assert transcripts.lines_of(store, digest) == ()


# Speech ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def spoken(tmp_path: Path) -> Path:
    """A clip of a second with a tone as its sound."""
    path = tmp_path / "spoken.mp4"
    with av.open(path, "w") as made:
        pictures, sound = made.add_stream("h264", rate=25), made.add_stream("aac", rate=44_100)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 64, "yuv420p"
        for _ in range(25):
            made.mux(pictures.encode(av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8))))
        made.mux(pictures.encode(None))
        tone = (0.5 * np.sin(np.arange(44_100) / 44_100 * 2 * np.pi * 440)).astype(np.float32)[None]
        for at in range(0, 44_100, 1024):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(tone[:, at : at + 1024]), "fltp", "mono")
            frame.rate, frame.pts = 44_100, at
            made.mux(sound.encode(frame))
        made.mux(sound.encode(None))
    return path


def test_the_sound_is_told_on_the_clock_of_the_clip(store: Store, spoken: Path, square_clip: Path):
    samples = video.speech_sound(store.video(clips.add_video(store, spoken)))
    assert samples.dtype == np.float32 and abs(len(samples) - 16_000) < 1200 and 0.2 < np.abs(samples).max() < 0.7
    with pytest.raises(VideoUnreadable, match="has no audio"):
        video.speech_sound(store.video(clips.add_video(store, square_clip)))


def whisper(heard: list) -> types.ModuleType:
    """A stand-in for faster-whisper with the calls that are made of it."""
    module = types.ModuleType("faster_whisper")

    class WhisperModel:
        def __init__(self, folder, *, device, compute_type, local_files_only):
            assert Path(folder).is_dir() and local_files_only

        def transcribe(self, samples):
            heard.append(samples)
            return iter([types.SimpleNamespace(start=0.1, end=0.6, text=" a horse")]), None

    module.__dict__["WhisperModel"] = WhisperModel
    return module


def vosk(heard: list) -> types.ModuleType:
    """A stand-in for Vosk."""
    module = types.ModuleType("vosk")

    class KaldiRecognizer:
        def __init__(self, _model, rate):
            assert rate == 16_000

        def SetWords(self, _on):
            pass

        def AcceptWaveform(self, content):
            heard.append(content)
            return False

        def FinalResult(self):
            words = [{"word": "a", "start": 0.1, "end": 0.2}, {"word": "horse", "start": 0.2, "end": 0.6}]
            return json.dumps({"text": "a horse", "result": words})

    module.__dict__.update(KaldiRecognizer=KaldiRecognizer, Model=str, SetLogLevel=lambda level: None)
    return module


@pytest.mark.parametrize(("name", "stand_in"), [("faster_whisper", whisper), ("vosk", vosk)])
def test_speech_is_written_down_where_a_recogniser_is_installed(name, stand_in, store, spoken, monkeypatch):
    digest, heard = clips.add_video(store, spoken), []
    monkeypatch.setitem(sys.modules, name, stand_in(heard))
    monkeypatch.setattr(speech_to_text, "find_spec", lambda module: object() if module == name else None)
    with pytest.raises(WeightsMissing, match="No speech recognition model"):
        transcripts.write_down(store, digest, "mine")
    folder = transcripts.speech_folder(store) / "mine"
    for mark in transcripts.installed()[0].marks:
        (folder / mark).mkdir(parents=True)
    assert list(transcripts.speech_models(store)) == ["mine"]
    with pytest.raises(AnalysisError, match="There is no model of speech"):
        transcripts.write_down(store, digest, "other")
    transcripts.write_down(store, digest, "mine")
    (kept,) = transcripts.lines_of(store, digest)
    assert heard and kept.source == "speech" and kept.lines == (Line(0.1, 0.6, "a horse"),)


def test_without_a_recogniser_nothing_is_required(store, monkeypatch):
    monkeypatch.setattr(speech_to_text, "find_spec", lambda module: None)
    assert transcripts.installed() == () and transcripts.speech_models(store) == {}


def test_lines_of_others_stay(store: Store, square_clip: Path):
    digest = clips.add_video(store, square_clip)
    keep_lines(store, digest, "note", [Line(0.0, 1.0, "mine")])
    transcripts.take_file(store, digest, "a.srt", SRT.encode())
    assert [each.source for each in transcripts.lines_of(store, digest)] == ["note", "subtitle"]
