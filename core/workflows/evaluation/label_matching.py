"""Labels of a model beside labels of a set, and what it learned from beside the clips it is judged on."""

import re
from collections import defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher, get_close_matches

import numpy as np

from core.base.errors import LabelsMismatch, ResultMissing
from core.domain import Dataset, Item, Matching, ModelCard, Training
from core.domain.caveats import Caveat
from core.workflows import datasets, training
from core.workspace.store import Store

BETWEEN = re.compile(r"[\s_\-]+")
NO_WORD = re.compile(r"[\W_]+")
CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
STEM = 4  # letters by which words are held to be of one kin
REMEMBERS = "The scores may reflect memorisation, not performance on new clips."
SHORTEST_NAME = 3  # letters of a set's name that are looked for in what a model says of itself


def plain(label: str) -> str:
    """A label without what people write differently: case, blanks, dashes and underscores."""
    return BETWEEN.sub("", label).casefold()


def matched(
    dataset: Dataset, card: ModelCard, *, by_hand: Sequence[tuple[str, str]] = (), left_out: bool = True
) -> Matching:
    """Which label of a model stands for which of a set.

    by_hand: pairs (label of the set, label of the model) that a person gave; several may stand for one, their scores
    are added then. Else the same spelling goes first, and two of a kind are not guessed.
    """
    _check_told(dataset, card, by_hand)
    taken = {theirs for _, theirs in by_hand}
    free = [label for label in card.labels if label not in taken]
    pairs = {label: [theirs for ours, theirs in by_hand if ours == label] for label in dataset.labels}
    wanted = [label for label in dataset.labels if not pairs[label]]
    ours, theirs = _by_name(wanted), _by_name(free)
    for label in wanted:
        name = plain(label)
        if label in free:
            pairs[label] = [label]
        elif len(ours[name]) == len(theirs.get(name, ())) == 1:
            pairs[label] = theirs[name]
    strangers = tuple(label for label in dataset.labels if not pairs[label])
    clips = sum(any(label in strangers for label in labels_of(dataset, item)) for item in dataset.items)
    texts = tuple((label, pair) for label in dataset.labels for pair in pairs[label])
    return Matching(texts, strangers, clips, len(card.labels) - len(texts), left_out)


def nearest(label: str, names: Sequence[str]) -> tuple[str, ...]:
    """All names, those first that share most words with a label, then those spelt most like it.

    Words count as the same where their first letters are, so that "Swing" finds "swinging on something".
    """
    wanted = _stems(label)

    def far(name: str) -> tuple[int, float]:
        shared = len(wanted & _stems(name))
        return -shared, -SequenceMatcher(None, plain(label), plain(name)).ratio()

    return tuple(sorted(names, key=far))


def _stems(label: str) -> set[str]:
    """The first letters of the words of a label, also of those that only a capital parts."""
    words = NO_WORD.split(CAPITAL.sub(" ", label).casefold())
    return {word[:STEM] for word in words if len(word) >= SHORTEST_NAME}


def columns(dataset: Dataset, card: ModelCard, matching: Matching) -> tuple[tuple[str, ...], np.ndarray]:
    """All labels of the set followed by those that the model knows beyond, and (C,) the place of each of its own."""
    ours = {theirs: label for label, theirs in matching.pairs}
    labels = list(dataset.labels)
    columns = []
    for label in card.labels:
        name = ours.get(label, label)
        if label not in ours:
            while name in labels:
                name = f"{name} (of the model)"
            labels.append(name)
        columns.append(labels.index(name))
    return tuple(labels), np.array(columns, np.int64)


def _check_told(dataset: Dataset, card: ModelCard, texts: Sequence[tuple[str, str]]) -> None:
    for ours, theirs in texts:
        for label, known, whose in ((ours, dataset.labels, "set"), (theirs, card.labels, "model")):
            if label not in known:
                near = ", ".join(get_close_matches(label, known, n=3)) or _some(known)
                raise LabelsMismatch(f"The {whose} has no label {label!r}.", f"It has: {near}.")
    if twice := [theirs for index, (_, theirs) in enumerate(texts) if theirs in [text for _, text in texts[:index]]]:
        raise LabelsMismatch(f"The label {twice[0]!r} of the model is matched twice.", "Match each label once.")


def check_matched(dataset: Dataset, card: ModelCard, matching: Matching) -> None:
    """Refuse a model that knows no label of a set."""
    if not matching.pairs:
        raise LabelsMismatch(
            f"The model {card.name!r} knows none of the labels of {dataset.name!r}: it knows {_some(card.labels)}; "
            f"the dataset has {_some(dataset.labels)}.",
            "Choose a model that was trained for these labels, or match labels by hand.",
        )


def describe_matching(matching: Matching) -> str:
    """What was matched and what was not, as a sentence or two; empty where there was nothing to match."""
    if not matching.pairs:
        return ""
    renamed = [f"{ours} = {theirs}" for ours, theirs in matching.pairs if ours != theirs]
    known = len({ours for ours, _ in matching.pairs})
    text = f"{known} label{'s' * (known != 1)} of the dataset {'are' if known != 1 else 'is'} known to the model"
    text += f" ({_some(renamed)})." if renamed else "."
    if matching.strangers:
        fate = "left out of all numbers" if matching.left_out else "counted as wrong"
        text += (
            f" It does not know {_some(matching.strangers)}: clips with such a label "
            f"({_count(matching.clips)}) are {fate}."
        )
    if matching.beyond:
        text += f" It knows {matching.beyond} labels that the dataset lacks; predicting one of them counts as wrong."
    return text


def labels_of(dataset: Dataset, item: Item) -> set[str]:
    """The labels that occur in a clip."""
    return {item.label} if item.label else {part.label for part in item.segments} or {dataset.background} - {""}


# What it learned from -------------------------------------------------------------------------------------------------


def leak(store: Store, dataset: Dataset, card: ModelCard, tested: Sequence[int], split: str) -> tuple[Caveat, ...]:
    """Where the model may have learned from clips that it is judged on. tested: their places in the set."""
    known = learned_from(store, card)
    if known is None:
        return _told_only(store, dataset, card, tested)
    record, digests = known
    if record.split == split and record.fold_count == 1:
        return ()
    seen = sum(dataset.items[index].video in digests for index in tested)
    if not seen:
        return ()
    instead = "Evaluate its run instead, whose networks were tested on held-out clips."
    learned = f"this model was trained on {seen} of the {len(tested)} clips that it is evaluated on."
    return (Caveat("leak", seen, len(tested), name=f"{learned} {REMEMBERS} {instead}"),)


def unseen(store: Store, dataset: Dataset, card: ModelCard) -> tuple[int, ...]:
    """Places of the clips that a model was not trained on, where it was trained on others of them.

    That is known of models trained here; of others by the groups that the card says were held out, looked for in the
    words of a clip's path: a name such as "Diving g12" means clips whose path or label holds both words.
    """
    known = learned_from(store, card)
    if known is not None:
        new = tuple(index for index, item in enumerate(dataset.items) if item.video not in known[1])
        return new if len(new) < len(dataset.items) else ()
    groups = [_words_of(str(name)) for name in card.settings.get("held_out") or ()]
    held_out = [words for words in groups if words]
    clips = []
    for index, item in enumerate(dataset.items):
        words = _words_of(f"{item.path} {item.label} {item.group} {item.subject}")
        if any(texts <= words for texts in held_out):
            clips.append(index)
    return tuple(clips)


def _words_of(text: str) -> set[str]:
    return {word for word in NO_WORD.split(text.casefold()) if word}


def learned_from(store: Store, card: ModelCard) -> tuple[Training, set[str]] | None:
    """The training of a model, and the digests of the clips that its network for use learned from; None if unknown."""
    try:
        record = training.run_of(store, str(card.settings.get("training", "")))
        split = training.split_of(store, record.split)
    except ResultMissing:
        return None
    entry = next((entry for entry in store.datasets() if entry.key == record.dataset_key), None)
    if entry is None:
        return None
    fold, items = split.fold(0), store.dataset(entry.name).items
    indices = (*fold.train, *fold.validation) if record.fold_count == 1 else range(len(items))
    return record, {items[index].video for index in indices}


def _told_only(store: Store, dataset: Dataset, card: ModelCard, tested: Sequence[int]) -> tuple[Caveat, ...]:
    """What to say of a model that only tells in words what it learned from."""
    if card.settings.get("data") == datasets.key(dataset):
        return (Caveat("leak", name=f"this model was trained on this dataset. {REMEMBERS}"),)
    stem = re.match(r"[^\W\d_]*", dataset.name.casefold())
    name = stem[0] if stem else ""
    if len(name) < SHORTEST_NAME or name not in card.trained_on.casefold():
        described = (
            "The training data of this model are described in words only; make sure that no clip of this dataset is "
            "among them."
        )
        return (Caveat("unknown training data", name=described),) if card.network else ()
    if not card.network:
        described = f"The description of this model mentions data named {name!r}: {card.trained_on}"
        return (Caveat("unknown training data", name=described),)
    return _named_alike(store, dataset, card, tested, name)


def _named_alike(
    store: Store, dataset: Dataset, card: ModelCard, tested: Sequence[int], name: str
) -> tuple[Caveat, ...]:
    """What to say of a model that learned from data of the set's name, but perhaps not from all of it."""
    held_out = set(unseen(store, dataset, card))
    new = sum(index in held_out for index in tested)
    if new == len(tested):
        text = "According to its card, this model was not trained on the groups of these clips."
        return (Caveat("held-out groups", new, len(tested), name=text),)
    some = (
        f" According to its card, {new} of the {len(tested)} clips are of held-out groups: evaluate it on those alone."
    )
    learned = f"this model was trained on data named {name!r}, and {dataset.name!r} may hold the same ones."
    return (Caveat("leak", total=len(tested), name=f"{learned} {REMEMBERS}{some if new else ''}"),)


def _by_name(labels: Sequence[str]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = defaultdict(list)
    for label in labels:
        texts[plain(label)].append(label)
    return texts


def _some(names: Sequence[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _count(clips: int) -> str:
    return f"{clips} clip" + "s" * (clips != 1)
