"""Damaged and harmful ZIP files of labels and of datasets: a clear error each, and bounded memory."""

import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from core.base import zip_files
from core.base.errors import AnalysisError, FormatInvalid
from core.stages.formats.common.files import read_path
from core.workflows import datasets, training
from core.workflows.datasets import importer
from core.workspace.store import Store

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
PARTS = {"classInd.txt": b"1 walk\n2 run\n" * 3, "trainlist01.txt": b"walk/a.avi 1\n" * 9}


def packed(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return held.getvalue()


def overwritten(content: bytes, mark: bytes, offset: int, value: bytes) -> bytes:
    """The zip with bytes at an offset of each record of a kind replaced."""
    pieces = content.split(mark)
    return mark.join(
        [pieces[0], *(piece[: offset - 4] + value + piece[offset - 4 + len(value) :] for piece in pieces[1:])]
    )


def with_method(content: bytes, method: int) -> bytes:
    value = struct.pack("<H", method)
    return overwritten(overwritten(content, LOCAL, 8, value), CENTRAL, 10, value)


def encrypted(content: bytes) -> bytes:
    return overwritten(overwritten(content, LOCAL, 6, b"\1"), CENTRAL, 8, b"\1")


def many_disks(content: bytes) -> bytes:
    """A locator of a 64-bit end that tells of several disks."""
    place = content.index(END)
    return content[:place] + struct.pack("<4sLQL", b"PK\x06\x07", 3, 0, 9) + content[place:]


WHOLE = packed(PARTS)
DAMAGED: dict[str, tuple[bytes, str]] = {
    "cut in the content": (WHOLE[:60], "damaged or incomplete"),
    "cut in the list of contents": (WHOLE[: WHOLE.index(CENTRAL) + 30], "damaged or incomplete"),
    "list of contents cut out": (
        WHOLE[: WHOLE.index(CENTRAL) + 30] + WHOLE[WHOLE.index(END) :],
        "damaged or incomplete",
    ),
    "bytes missing in the middle": (WHOLE[:50] + WHOLE[55:], "damaged or incomplete"),
    "wrong checksum": (overwritten(WHOLE, CENTRAL, 16, b"abcd"), "checksum"),
    "unknown compression": (with_method(WHOLE, 77), "compression method is not supported"),
    "larger than declared": (overwritten(WHOLE, CENTRAL, 24, struct.pack("<L", 5)), "checksum"),
    "smaller than declared": (overwritten(WHOLE, CENTRAL, 24, struct.pack("<L", 500)), "damaged|as large as declared"),
    "offset beyond the end": (overwritten(WHOLE, CENTRAL, 42, struct.pack("<L", 2**31)), "damaged or incomplete"),
    "entry of several disks": (many_disks(WHOLE), "damaged or incomplete"),
    "encrypted": (encrypted(WHOLE), "encrypted"),
    "leaves its folder": (packed({"../x.txt": b"1"}), "folder"),
    "absolute": (packed({"/etc/x.txt": b"1"}), "folder"),
    "many entries": (packed({f"{number}.txt": b"" for number in range(10**5)}, 0), "at most"),
}


def read_labels(content: bytes, folder: Path) -> object:
    (folder / "labels.zip").write_bytes(content)
    return read_path(folder / "labels.zip")


def read_dataset(content: bytes, folder: Path) -> object:
    (folder / "set.zip").write_bytes(content)
    return importer.gathered(Store(folder / "workspace"), datasets.Source(str(folder / "set.zip")))


def read_model(content: bytes, folder: Path) -> object:
    (folder / "model.zip").write_bytes(content)
    return training.open_zip(Store(folder / "workspace"), folder / "model.zip")


@pytest.mark.parametrize("read", [read_labels, read_dataset])
@pytest.mark.parametrize("fault", DAMAGED)
def test_a_damaged_zip_is_an_error_in_words(tmp_path, fault: str, read: Callable[[bytes, Path], object]):
    content, words = DAMAGED[fault]
    with pytest.raises(FormatInvalid, match=words) as refusal:
        read(content, tmp_path)
    assert refusal.value.hint and "Errno" not in str(refusal.value)
    assert not list(tmp_path.rglob("*.txt"))


@pytest.mark.parametrize("fault", [fault for fault, (_, words) in DAMAGED.items() if words != "folder"])
def test_a_damaged_zip_of_a_model_is_an_error_in_words(tmp_path, fault: str):
    text = DAMAGED[fault][0].replace(b"classInd.txt", b"network.keras"[:12])
    with pytest.raises(FormatInvalid) as refusal:
        read_model(text, tmp_path)
    assert "Errno" not in str(refusal.value) and "seek" not in str(refusal.value)


@pytest.mark.parametrize("name", ["dataset_zip_OSError.zip", "label_zip_negative_seek_ucf101.zip"])
def test_zips_that_once_gave_a_traceback_are_called_damaged(shared_data, tmp_path, name):
    content = (shared_data / "faults" / name).read_bytes()
    for read in (read_labels, read_dataset):
        with pytest.raises(FormatInvalid, match="damaged or incomplete") as refusal:
            read(content, tmp_path)
        assert "ZIP file" in refusal.value.hint


def test_no_single_changed_byte_gives_anything_but_an_error_in_words(tmp_path):
    small = packed({"classInd.txt": b"1 walk\n", "a.txt": b"1"})
    for place in range(len(small)):
        for value in {0, 1, 0x7F, 0xFF, small[place] ^ 0x10} - {small[place]}:
            changed = small[:place] + bytes([value]) + small[place + 1 :]
            try:
                read_labels(changed, tmp_path)
            except AnalysisError as refusal:
                assert refusal.hint, (place, value)


def test_small_entries_are_bounded_in_sum(tmp_path):
    """Each of them expands to less than is allowed to one alone."""
    bomb = packed({f"walk/{number}.avi": bytes(2**23) for number in range(12)})
    with pytest.raises(FormatInvalid, match="together expand at most"):
        read_dataset(bomb, tmp_path)
    assert not list(tmp_path.rglob("*.avi"))
    with pytest.raises(FormatInvalid, match="64 MiB together"):
        read_labels(bomb, tmp_path)


def test_an_entry_is_never_unpacked_beyond_what_it_declares(tmp_path):
    """LZMA in Python unpacks all that it is given: 14 kB to 96 MiB here."""
    bomb = packed({"classInd.txt": bytes(96 * 2**20)}, zipfile.ZIP_LZMA)
    content = overwritten(bomb, CENTRAL, 24, struct.pack("<L", 1000))
    tracemalloc.start()
    with pytest.raises(FormatInvalid, match="checksum"):
        read_labels(content, tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 90 * 2**20


def test_a_list_of_contents_without_measure_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(zip_files, "LARGEST_DIRECTORY", 2**10)
    content = packed({f"{number}.txt": b"" for number in range(100)})
    for read in (read_labels, read_dataset, read_model):
        with pytest.raises(FormatInvalid, match="list of contents is larger"):
            read(content, tmp_path)


def test_a_path_that_the_disk_refuses_is_told(tmp_path):
    deep = "/".join(["n" * 199] * 31) + "/a.avi"
    with pytest.raises(AnalysisError, match="could not be extracted") as refusal:
        read_dataset(packed({deep: b"x"}), tmp_path)
    assert refusal.value.hint


def test_a_file_that_ends_as_a_zip_of_several_disks_is_no_traceback(tmp_path):
    (tmp_path / "set.bin").write_bytes(many_disks(WHOLE))
    with pytest.raises(FormatInvalid, match="damaged or incomplete"):
        importer.gathered(Store(tmp_path / "workspace"), datasets.Source(str(tmp_path / "set.bin")))
