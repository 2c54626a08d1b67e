"""Metadata of clips of the library: out of tables and file names, and as a table that is read again."""

from core.workflows.study.library_metadata import MetadataProposal, as_csv, out_of_names, out_of_table
from core.workflows.study.metadata import headers_in, metadata_in
from core.workspace.store import ClipRow


def row(number: int, source: str) -> ClipRow:
    name = source.rsplit("/", 1)[-1]
    return ClipRow(f"{number:064x}", name, source, source, 0.0, False, 2.0, 96, 64, 50)


ROWS = (row(1, "/s/day 1/anna_1.mp4"), row(2, "/s/day 2/ben_2.mp4"), row(3, "upload.mp4"))
FIRST, SECOND, THIRD = (row.digest for row in ROWS)


def test_a_table_from_bytes_says_of_each_clip_what_its_row_says():
    content = b"file;subject;dose\nanna_1;anna;\nben_2.mp4;ben;2\nnone.mp4;carl;3\n"
    assert headers_in(content, "animals.csv") == ("file", "subject", "dose")
    proposal = out_of_table(metadata_in(content, "animals.csv", "file", ()), ROWS)
    assert proposal.cells == {FIRST: {"subject": "anna"}, SECOND: {"subject": "ben", "dose": "2"}}
    assert (proposal.columns, proposal.clips) == (("subject", "dose"), 3)
    notes = "\n".join(proposal.notes)
    assert "rows about clips that are not in the library: none.mp4" in notes
    assert "1 of 3 clips without a row: upload.mp4" in notes


def test_file_names_and_folders_say_what_the_pattern_reads():
    proposal = out_of_names("{day}/{subject}_*.mp4", ROWS)
    assert proposal == MetadataProposal(
        ("day", "subject"),
        {FIRST: {"day": "day 1", "subject": "anna"}, SECOND: {"day": "day 2", "subject": "ben"}},
        3,
    )
    several = out_of_names("{a}_{b}", (row(1, "x_y_z.mp4"),))
    assert several.notes == ("1 file name fits in several ways. x_y_z.mp4 is read as a = x, b = y_z.",)


def test_a_table_that_is_written_is_read_again_also_where_clips_have_the_same_name():
    rows = (*ROWS, row(4, "/s/day 1/x.mp4"), row(5, "/s/day 2/x.mp4"))
    cells = {FIRST: {"subject": "an,na", "clip": "1"}, rows[4].digest: {"subject": "ben"}}
    content = as_csv(rows, ("subject", "clip"), cells)
    assert content.decode().splitlines()[0] == "clip,subject,metadata_clip"
    assert [line.partition(",")[0] for line in content.decode().splitlines()[4:]] == ["day 1/x.mp4", "day 2/x.mp4"]
    again = out_of_table(metadata_in(content, "library.csv", "", ()), rows)
    assert again.cells == {FIRST: {"subject": "an,na", "metadata_clip": "1"}, rows[4].digest: {"subject": "ben"}}
