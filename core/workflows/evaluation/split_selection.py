"""Which clips of a dataset an evaluation judges: a given split, unseen groups, a stored split or a list of clips."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import PurePosixPath

import numpy as np

from core.base.errors import FormatInvalid, ResultMissing, SplitInvalid
from core.domain import TEST, UNUSED, Dataset, Grouping, Split
from core.workflows import datasets, models, training
from core.workflows.evaluation import label_matching
from core.workspace.store import Store

GIVEN = "given"
UNSEEN = "unseen"
MAX_LISTED_CLIPS = 5  # clips named in an error


def split_named(store: Store, dataset: Dataset, text: str, grouping: Grouping, model: str) -> str:
    """The key of the split that was asked for, which is kept. text: as `evaluate` says of its split."""
    if text == UNSEEN:
        indices = label_matching.unseen(store, dataset, models.ModelLibrary.of(store).get(model)[0])
        if not indices:
            raise SplitInvalid(
                f"No clips of this dataset are known to be held out from the training of the model {model!r}.",
                "Evaluate all clips, or the test clips of a split.",
            )
        return _stored_split(store, dataset, indices, grouping)
    if text == GIVEN:
        return training.keep_split(store, datasets.draw_split(dataset, grouping, "given"))
    for read in (lambda: store.read(text, Split), lambda: training.split_of(store, text)):
        with suppress(ResultMissing, ValueError):
            if read().dataset != datasets.key(dataset):
                raise SplitInvalid(
                    f"The split {text[:12]} belongs to another dataset.", "Choose a split of this dataset."
                )
            return text
    return _stored_split(store, dataset, _listed(dataset, text), grouping)


def _stored_split(store: Store, dataset: Dataset, indices: Sequence[int], grouping: Grouping) -> str:
    """The key of a split of one fold that tests those clips and no other."""
    parts = np.full((1, len(dataset.items)), UNUSED, np.uint8)
    parts[0, list(indices)] = TEST
    groups = datasets.groups_from(dataset, grouping)
    return training.keep_split(store, Split(datasets.key(dataset), GIVEN, grouping, groups, parts))


def _listed(dataset: Dataset, file: str) -> list[int]:
    """The places of the clips that a file lists, one a line, as the set names them; what follows a path is a class."""
    try:
        with open(file, encoding="utf-8-sig") as lines:
            texts = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    except (OSError, UnicodeDecodeError) as error:
        hint = "Give 'given', 'unseen', the key of a stored split, or a file with one test clip per line."
        raise SplitInvalid(f"There is no split {file!r}: {error}", hint) from error
    names: dict[str, list[int]] = {}
    for index, item in enumerate(dataset.items):
        for name in {item.path, PurePosixPath(item.path).name, str(PurePosixPath(item.path).with_suffix(""))}:
            names.setdefault(name, []).append(index)
    numbers = [_place(names, line) for line in texts]
    lost = [line for line, index in zip(texts, numbers, strict=True) if index is None]
    if lost or not texts:
        named = ", ".join(lost[:MAX_LISTED_CLIPS]) + (
            f" and {len(lost) - MAX_LISTED_CLIPS} more" if len(lost) > MAX_LISTED_CLIPS else ""
        )
        raise FormatInvalid(
            f"{file}: expected the path of a clip of {dataset.name!r} on each line, got {named or 'nothing'}."
        )
    return sorted({index for index in numbers if index is not None})


def _place(names: dict[str, list[int]], line: str) -> int | None:
    """The one clip that a line means: all of it, or what stands before its last blank, as in the lists of UCF101."""
    for text in (line, line.rpartition(" ")[0].strip()):
        if len(names.get(text, ())) == 1:
            return names[text][0]
    return None
