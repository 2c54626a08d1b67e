"""Lines of text that hold words as they were typed: found first, in any script, whatever signs a query holds."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from core.__main__ import main
from core.base import settings
from core.base.errors import AnalysisError
from core.domain import Line
from core.workflows import texts as transcripts
from core.workflows.search import full_text, index, keep_lines
from core.workflows.search import query as searching
from core.workspace.store import Store
from tests.workflows.test_search import clip, seen

pytestmark = pytest.mark.usefixtures("no_network")
SPOKEN = (
    "Welcome back to the lecture on tracking.",
    "Today the Kalman filter comes first, and then the particle filter.",
    "Meine Großmutter öffnete die Tür.",
    "我们用卡尔曼滤波来估计位置",
    "下面请看跳绳比赛",
    "Dr. Anna Kowalska joined the team in 1996.",
    'The rider was riding along; filters were cleaned (C++ & "quotes" OR NOT).',
    "カメラを回して",
    "한국어로 말합니다",
    "Le garçon achète un café.",
)  # fmt: skip


def talk(store: Store, *texts: str, name: str = "talk.mp4", source: str = "subtitle") -> str:
    """A clip whose lines are these, two seconds each."""
    digest = clip(store, name)
    keep_lines(store, digest, source, [Line(2.0 * at, 2.0 * at + 2, text) for at, text in enumerate(texts)])
    return digest


@pytest.fixture(scope="module")
def spoken(tmp_path_factory) -> Store:
    """A clip with the lines SPOKEN beside one in which a network sees actions."""
    store = Store(tmp_path_factory.mktemp("spoken"))
    talk(store, *SPOKEN)
    clip(store, "seen.mp4", seen(("skipping rope", 10), ("riding or walking with horse", 10), surely=0.99))
    return store


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("Kalman filter", 1),
        ("kalman FILTER", 1),
        ("the Kalman filter", 1),
        ("where is the Kalman filter", 1),
        ("卡尔曼", 3),
        ("滤波", 3),
        ("跳绳", 4),
        ("tur", 2),
        ("TÜR", 2),
        ("Tuer", 2),
        ("grossmutter", 2),
        ("Kowalska", 5),
        ("anna kowalska", 5),
        ("1996", 5),
        ("ｋａｌｍａｎ", 1),
        ("カメラ", 7),
        ("한국어", 8),
        ("garcon", 9),
        ('"Kalman filter"', 1),
        ("„öffnete die“", 2),
        ("「请看跳绳」", 4),
    ],
)
def test_words_that_are_said_come_first(spoken: Store, query: str, place: int):
    found = searching.search(spoken, query)
    first = found.moments[0]
    assert (first.start_s, first.score) == (
        2.0 * place,
        1.0 if query not in ("Tuer", "where is the Kalman filter") else first.score,
    )
    assert first.why == f'said: "{SPOKEN[place]}"' and found.said >= 1


def test_said_words_stand_above_what_is_surely_seen(spoken: Store):
    first, second, *_ = searching.search(spoken, "跳绳").moments
    assert first.why.startswith("said: ") and second.why.startswith("skipping rope 0.9")


@pytest.mark.parametrize(("query", "told"), [("particles", "particle"), ("riders", "rider"), ("Türen", "Tür")])
def test_other_forms_of_a_word_are_found_below_the_word_itself(store: Store, query: str, told: str):
    talk(store, f"here is the {told} now", f"here is the {query} now")
    first, second = searching.search(store, query).moments[:2]
    assert (first.start_s, second.start_s) == (2.0, 0.0) and first.score > second.score > 0.5


def test_a_line_that_holds_all_words_stands_above_one_that_holds_some(store: Store):
    talk(store, "a filter for coffee", "the filter that Kalman made", "Kalman filter", "Kalman was here", "tea")
    found = [one for one in searching.search(store, "Kalman filter").moments if one.why.startswith("said")]
    assert [one.start_s for one in found[:2]] == [4.0, 2.0] and found[0].score > found[1].score > found[2].score


def test_of_two_words_that_are_as_rare_one_alone_counts_a_quarter(store: Store):
    """The share of a query that a line holds is squared, so that lines with all of it stand out."""
    talk(store, "bread and zorblax on a table", "trains to quindle at noon", "the weather is fine", "zorblax quindle")
    scores = {moment.start_s: moment.score for moment in searching.search(store, "zorblax quindle").moments}
    assert scores[6.0] == 1.0 and scores[0.0] == scores[2.0] == pytest.approx(1 / 4, abs=0.02)


def test_letters_inside_other_words_are_not_the_word(store: Store):
    talk(store, "the scar is old", "her oscar stood there", "carbon")
    assert searching.search(store, "car").said == 0


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ('"filter first"', [1]),
        ('"first filter"', []),
        ('"filters first"', []),
        ('"filter" tea', [2, 0, 1]),
        ('"filter', [0, 1, 2]),
        ("“filter first”", [1]),
    ],
)
def test_what_is_in_quotation_marks_stands_there_exactly(store: Store, query: str, places: list[int]):
    talk(store, "first the big filter", "the filter first", "tea in a filter")
    clip(store, "seen.mp4", seen(("skipping rope", 10)))
    found = searching.search(store, query)
    assert sorted(one.start_s / 2 for one in found.moments) == sorted(places)
    if "tea" in query:
        assert found.moments[0].start_s == 4


def test_a_quoted_phrase_is_found_among_many_lines_that_hold_its_words_apart(store: Store):
    apart = [f"red {number} car" for number in range(full_text.CLOSELY + 10)]
    talk(store, *apart, "at last there comes, long after all others, a red car down the road")
    found = searching.search(store, '"red car"').moments
    assert ["a red car down the road" in moment.why for moment in found] == [True]


def test_in_quotation_marks_the_name_of_what_is_seen_counts_too(store: Store):
    clip(store, "seen.mp4", seen(("skipping rope", 10), ("yoga", 10), surely=0.99))
    (only,) = searching.search(store, '"skipping rope"').moments
    assert only.why.startswith("skipping rope 0.9")
    assert not searching.search(store, '"rope skipping"').moments


def test_quoted_words_are_found_in_the_clips_that_are_searched_and_in_no_other(store: Store):
    here = talk(store, "the bassoon plays")
    talk(store, "the bassoon rests", name="other.mp4")
    assert {moment.video for moment in searching.search(store, '"bassoon"', [here]).moments} == {here}
    assert {moment.video for moment in searching.search(store, "bassoon", [here]).moments} == {here}


def test_notes_are_noted_and_not_said(store: Store):
    talk(store, "ask Zbigniew about this jump", source="note")
    assert searching.search(store, "Zbigniew").moments[0].why == 'noted: "ask Zbigniew about this jump"'


def test_lines_are_found_once_they_are_added_changed_or_removed(store: Store):
    digest = talk(store, "the xylophone plays")
    assert searching.search(store, "xylophone").said == 1
    keep_lines(store, digest, "subtitle", [Line(0, 1, "the bassoon plays"), Line(1, 2, "and rests")])
    assert searching.search(store, "xylophone").said == 0 and searching.search(store, "bassoon").said == 1
    other = talk(store, "a bassoon", name="other.mp4")
    assert searching.search(store, "bassoon").said == 2
    transcripts.drop(store, digest, "subtitle")
    (only,) = searching.search(store, '"bassoon"').moments
    assert only.video == other and set(index.current(store).words) == {"a", "bassoon"}


def test_words_of_one_line_do_not_run_on_into_the_next(store: Store):
    talk(store, "the Kalman", "filter is here", "卡尔", "曼滤")
    assert not searching.search(store, '"Kalman filter"').moments
    assert not searching.search(store, "「尔曼」").moments


def test_one_clip_that_talks_much_leaves_room_for_others(store: Store):
    talk(store, *["a bassoon plays again"] * 30)
    talk(store, "once a bassoon", name="other.mp4")
    found = searching.search(store, "bassoon")
    assert {Path(one.path).name for one in found.moments} == {"talk.mp4", "other.mp4"}
    assert len(found.moments) == searching.LINES_A_CLIP + 1
    (digest,) = {one.video for one in found.moments if one.path.endswith("talk.mp4")}
    assert len(searching.search(store, "bassoon", [digest]).moments) == 30


def test_a_long_line_is_told_from_where_the_words_stand(store: Store):
    talk(store, "bla " * 150 + "the bassoon plays " + "bla " * 80)
    (first,) = searching.search(store, "bassoon").moments
    assert "the bassoon plays" in first.why and len(first.why) < searching.MAX_LINE_LENGTH + 20
    assert first.why.startswith('said: "... ') and first.why.endswith(' ..."')


ODD = (
    *(
        '"',
        '""',
        "' OR 1=1 --",
        "NEAR(a b)",
        "a AND",
        "*",
        "col:word",
        "(((",
        "^x",
        "{}[]\\",
        "-a +b",
        "%_%",
        "…„",
        "«»",
    ),
    *("a\x00b\x07", "\ud800", "\u200b\u202e", "🐎", "a" * 300),
)


@pytest.mark.parametrize("query", ODD)
def test_no_sign_of_a_query_is_more_than_a_sign(spoken: Store, query: str):
    try:
        found = searching.search(spoken, query)
    except AnalysisError as error:
        assert error.hint
    else:
        searching.written(found, "json").encode()
        searching.written(found, "text").encode()


@given(query=st.text(max_size=60))
@tried(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_no_text_breaks_what_finds_words(spoken: Store, query: str):
    found = index.current(spoken)
    told = full_text.lines(found, searching.cleaned(query), np.ones(len(found.sources), bool))
    assert all(0 <= one.score <= 1 for one in told)
    assert [one.score for one in told] == sorted((one.score for one in told), reverse=True)


KNOWN = st.sampled_from(["kalman", "filter", "滤", "波", "tür", "das", "haus"])


@given(texts=st.lists(st.lists(KNOWN, max_size=5), max_size=6), asked=st.lists(KNOWN, min_size=1, max_size=3))
@tried(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_quoted_words_are_found_where_they_stand_and_nowhere_else(texts: list[list[str]], asked: list[str]):
    making = index._Making()
    lines = tuple(Line(at, at + 1, " ".join(words)) for at, words in enumerate(texts))
    making.take_texts("ab", "cd", index.Lines("subtitle", lines), np.zeros((len(lines), 512), np.float32))
    told = full_text.lines(making.index(), f'"{" ".join(asked)}"', np.ones(1, bool))
    expected = {
        at
        for at, words in enumerate(texts)
        if any(words[first : first + len(asked)] == asked for first in range(len(words)))
    }
    assert {one.row for one in told} == expected and all(one.score == 1 for one in told)


def test_ten_kilobytes_are_refused_in_words(spoken: Store):
    with pytest.raises(AnalysisError, match="8999 characters") as refused:
        searching.search(spoken, "滤波 " * 3000)
    assert refused.value.hint


def test_an_index_keeps_each_line_as_it_was(spoken: Store):
    found = index.current(spoken)
    assert [found.line(row).text for row in range(len(SPOKEN))] == list(SPOKEN)
    assert found.line(3) == Line(6.0, 8.0, SPOKEN[3])
    vectors = searching.semantics.of_labels(spoken, ()).vectors(SPOKEN)
    assert np.allclose(index.cosines(found, vectors[0]), vectors @ vectors[0], atol=0.005)


def test_the_command_line_lands_on_what_is_said(workspace: Path, monkeypatch, capfdbinary):
    talk(Store(workspace), *SPOKEN)
    monkeypatch.setenv("KINETOSCOPE_WORKSPACE", str(workspace))
    settings.current.cache_clear()
    try:
        assert main(["search", "卡尔曼滤波", "--format", "json"]) == 0
        out, err = capfdbinary.readouterr()
        first = json.loads(out)["moments"][0]
        assert (first["start_s"], first["why"]) == (6.0, f'said: "{SPOKEN[3]}"') and b"no label" not in err
        for query in ODD:
            if "\x00" not in query and query.isprintable():
                assert main(["search", query]) in (0, 1)
    finally:
        settings.current.cache_clear()
