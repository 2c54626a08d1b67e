"""Training of the recurrent network: batches, augmentation, class weights, early stopping, resuming."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from core.base.errors import NotEnoughExamples
from core.base.progress import Report, silent
from core.domain import Checkpoint, Epoch
from core.stages.networks.recurrent import NetworkSettings, build

UNKNOWN = -1  # the target of a step that nobody labelled


@dataclass(frozen=True, eq=False)
class Example:
    """One clip to learn from. values: (T, D) float32; targets: (T,) int64, UNKNOWN where nobody labelled."""

    values: np.ndarray
    targets: np.ndarray

    def __post_init__(self):
        if self.values.ndim != 2 or self.targets.shape != (len(self.values),):
            raise ValueError(f"values are {self.values.shape}, targets {self.targets.shape}")

    def __repr__(self):
        return f"Example({self.values.shape})"


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained Keras model and how it got there. best: the epoch (from 0) whose weights it carries."""

    model: Any
    history: tuple[Epoch, ...]
    best: int


def fit(
    settings: NetworkSettings,
    training: Sequence[Example],
    *,
    labels: int,
    validation: Sequence[Example] = (),
    seed: int = 0,
    report: Report = silent,
    since: Checkpoint | None = None,
    keep: Callable[[Checkpoint], None] | None = None,
) -> Fitted:
    """A network trained on `training`; on `validation`, clips of other groups, it is told when to stop.

    Without a validation part all epochs are run. All that is fitted, means and class weights too, is fitted on
    `training` alone. Each batch is a place to cancel. `keep` is given the state after each epoch; from one of them,
    `since`, training goes on to the same end, for what is random in an epoch follows from the seed and its number.
    """
    _check_examples(training, labels)
    standards = Standards.of(training)
    machine = _machine(_compiled_part(settings), training[0].values.shape[1], labels)
    state = since or machine.begun(seed)
    machine.put(state)
    weights = class_weights(training, labels) if settings.balanced else np.ones(labels, np.float32)
    ready, judged = ([standards.applied(example) for example in part] for part in (training, validation))
    batches = -(-len(training) // settings.batch_size)
    while len(state.history) < settings.epochs and not _over(state, settings):
        epoch = len(state.history)
        machine.reseed(seed, epoch)
        learned = np.zeros((batches, 3))
        for i, batch in enumerate(_varied_batches(settings, ready, weights, (seed, epoch))):
            report(epoch * batches + i, settings.epochs * batches, f"Training, epoch {epoch + 1} of {settings.epochs}")
            learned[i] = [float(value) for value in machine.learn(*batch)]
        validated = _validate(machine.judge, judged, settings.batch_size, weights)
        accuracy = float(learned[:, 1].sum() / max(learned[:, 2].sum(), 1))
        summary = Epoch(float(learned[:, 0].mean()), *validated, accuracy)
        state = machine.state(state, summary)
        if keep:
            keep(state)
    report(settings.epochs * batches, settings.epochs * batches, "Learned")
    return Fitted(restored(settings, state, training, labels=labels), state.history, state.best)


def restored(settings: NetworkSettings, state: Checkpoint, training: Sequence[Example], *, labels: int) -> Any:
    """The Keras model with the best weights of a training on these examples."""
    model = build(settings, channels=training[0].values.shape[1], labels=labels)
    standards = Standards.of(training)
    layer = model.get_layer("standardise")
    layer.adapt_mean.assign(standards.mean)
    layer.adapt_variance.assign(standards.variance)
    layer.finalize_state()
    _unpack(state.best_weights, model.trainable_variables)
    return model


@dataclass(frozen=True, eq=False)
class Standards:
    """Mean and variance of each channel over what is learned. Both (D,) float32."""

    mean: np.ndarray
    variance: np.ndarray

    @classmethod
    def of(cls, examples: Sequence[Example]) -> "Standards":
        """Those of all steps of the examples, read one clip after the other."""
        count = sum(len(example.values) for example in examples)
        mean = sum(example.values.sum(axis=0, dtype=np.float64) for example in examples) / count
        variance = sum(((example.values - mean) ** 2).sum(axis=0) for example in examples) / count
        return cls(np.asarray(mean, np.float32), np.asarray(variance, np.float32))

    def applied(self, example: Example) -> Example:
        """The example as the layer of the same purpose gives it on."""
        deviation = np.maximum(np.sqrt(self.variance), 1e-7)  # as keras.layers.Normalization
        return Example(((example.values - self.mean) / deviation).astype(np.float32), example.targets)


def varied(example: Example, settings: NetworkSettings, rng: np.random.Generator) -> Example:
    """A standardised clip as it might have been: faster or slower, a part of it, with other small errors."""
    values, targets = example.values, example.targets
    if settings.stretch > 0:
        count = max(1, round(len(values) * np.exp(rng.uniform(-settings.stretch, settings.stretch))))
        values, targets = _at(values, targets, np.linspace(0, len(values) - 1, count))
    if settings.crop < 1:
        count = max(1, int(np.ceil(len(values) * rng.uniform(settings.crop, 1))))
        first = int(rng.integers(0, len(values) - count + 1))
        values, targets = values[first : first + count], targets[first : first + count]
    if settings.noise > 0:
        values = values + np.float32(settings.noise) * rng.standard_normal(values.shape, np.float32)
    return Example(values, targets)


def _at(values: np.ndarray, targets: np.ndarray, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The steps between which each of `indices` lies, mixed by nearness, and the nearest of their targets."""
    low = np.floor(indices).astype(np.int64)  # (S,)
    high = np.minimum(low + 1, len(values) - 1)
    share = (indices - low).astype(np.float32)[:, None]
    return values[low] + share * (values[high] - values[low]), targets[np.rint(indices).astype(np.int64)]


def class_weights(examples: Sequence[Example], labels: int) -> np.ndarray:
    """(C,) float32 weights that let each label count the same over all steps; their mean over known steps is 1."""
    targets = np.concatenate([example.targets for example in examples])
    return class_weights_of(targets[targets != UNKNOWN], None, labels)


def class_weights_of(targets: np.ndarray, weights: np.ndarray | None, labels: int) -> np.ndarray:
    """The same of known targets (R,), each counted `weights` (R,) times."""
    counts = np.bincount(targets, weights, minlength=labels)
    seen = np.count_nonzero(counts)
    return np.where(counts > 0, counts.sum() / (seen * np.maximum(counts, 1)), 0).astype(np.float32)


def _check_examples(training: Sequence[Example], labels: int) -> None:
    if not training:
        raise NotEnoughExamples("There is no training data.", "Add labelled clips.")
    targets = np.concatenate([example.targets for example in training])
    if not np.any(targets != UNKNOWN):
        raise NotEnoughExamples("No step of any clip is labelled.", "Label some segments first.")
    if targets.min() < UNKNOWN or targets.max() >= labels:
        raise ValueError(f"targets run from {targets.min()} to {targets.max()} for {labels} labels")


def _over(state: Checkpoint, settings: NetworkSettings) -> bool:
    """Whether validation has not become better for too long."""
    validated = bool(state.history) and state.history[-1].validation_loss is not None
    return validated and len(state.history) - 1 - state.best >= settings.patience


def _compiled_part(settings: NetworkSettings) -> NetworkSettings:
    """The settings without those that a compiled step does not contain: folds of other sizes have other batches."""
    names = ("cell", "units", "layers", "bidirectional", "dropout", "learning_rate", "weight_decay", "smoothing")
    return NetworkSettings(**{name: getattr(settings, name) for name in names})


@lru_cache(maxsize=1)
def _machine(settings: NetworkSettings, channels: int, labels: int) -> "_Machine":
    """One compiled training for all folds and seeds of the same settings: compiling takes longer than some folds."""
    return _Machine(settings, channels, labels)


class _Machine:
    """A model with its optimiser and its compiled steps, whose state can be taken out and put in."""

    def __init__(self, settings: NetworkSettings, channels: int, labels: int):
        import keras

        self.model = build(settings, channels=channels, labels=labels, standardise=False)
        self.undrawn = _packed(self.model.trainable_variables)
        self.optimiser = keras.optimizers.AdamW(
            settings.learning_rate, weight_decay=settings.weight_decay, clipnorm=1.0
        )
        self.optimiser.build(self.model.trainable_variables)
        self.fresh = _packed(self.optimiser.variables)
        self.learn, self.judge = _steps(self.model, self.optimiser, settings)
        known = {id(variable) for variable in self.model.weights}
        self.seeds = [variable for variable in self.model.variables if id(variable) not in known]

    def begun(self, seed: int) -> Checkpoint:
        """The state before the first epoch."""
        _unpack(self.undrawn, self.model.trainable_variables)
        _draw(self.model.trainable_variables, seed)
        weights = _packed(self.model.trainable_variables)
        return Checkpoint(0, weights, weights, self.fresh, (), 0)

    def put(self, state: Checkpoint) -> None:
        """Go on from a state."""
        _unpack(state.weights, self.model.trainable_variables)
        _unpack(state.optimiser, self.optimiser.variables)

    def reseed(self, seed: int, epoch: int) -> None:
        """Let what dropout leaves out in this epoch follow from the seed and the epoch alone."""
        for index, variable in enumerate(self.seeds):
            variable.assign(np.random.default_rng((seed, epoch, index)).integers(0, 2**31, 2).astype(np.uint32))

    def state(self, before: Checkpoint, epoch: Epoch) -> Checkpoint:
        """The state after one more epoch."""
        weights, history = _packed(self.model.trainable_variables), (*before.history, epoch)
        validated = epoch.validation_loss
        better = not before.history or validated is None or validated < before.history[before.best].validation_loss  # pyright: ignore[reportOperatorIssue]
        best_weights, best = (weights, len(history) - 1) if better else (before.best_weights, before.best)
        return Checkpoint(0, weights, best_weights, _packed(self.optimiser.variables), history, best)


def _draw(variables: Sequence[Any], seed: int) -> None:
    """Give weights their first values, of the kinds that Keras gives them, but each drawn from a seed of its own.

    Keras draws from the one generator of Python, from which other threads of a worker draw too.
    """
    from keras import initializers

    kinds = {"kernel": initializers.GlorotUniform, "recurrent_kernel": initializers.Orthogonal}
    for index, variable in enumerate(variables):
        kind = kinds.get(variable.path.rpartition("/")[2])
        if kind:  # the others begin with fixed values
            own = int(np.random.default_rng((seed, index)).integers(2**31))
            variable.assign(kind(seed=own)(variable.shape))


def _packed(variables: Sequence[Any]) -> np.ndarray:
    """(P,) float32: the numbers of all variables one after the other."""
    return np.concatenate([np.asarray(variable.numpy(), np.float32).reshape(-1) for variable in variables])


def _unpack(numbers: np.ndarray, variables: Sequence[Any]) -> None:
    """Give variables the numbers that `_packed` made of such variables."""
    sizes = [int(np.prod(variable.shape)) for variable in variables]
    if sum(sizes) != len(numbers):
        raise ValueError(f"{len(numbers)} numbers for {sum(sizes)} places")
    for variable, part in zip(variables, np.split(numbers, np.cumsum(sizes)[:-1]), strict=True):
        variable.assign(part.reshape(variable.shape).astype(str(variable.dtype)))


def _steps(model: Any, optimizer: Any, settings: NetworkSettings) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """One step of learning on a batch: loss, hits, steps; and one of judging: summed loss, summed weight, hits."""
    import keras
    import tensorflow as tf

    channels, labels = model.inputs[0].shape[-1], model.outputs[0].shape[-1]
    kinds = ((channels, tf.float32), (None, tf.bool), (None, tf.int64), (None, tf.float32))
    signature = [tf.TensorSpec((None, None, size)[: 3 if size else 2], kind) for size, kind in kinds]

    def losses(scores, targets, weights):
        wanted = tf.one_hot(targets, labels)  # (N, T, C)
        item = keras.losses.categorical_crossentropy(wanted, scores, label_smoothing=settings.smoothing)  # (N, T)
        return tf.reduce_sum(item * weights), tf.reduce_sum(weights)

    def hits(scores, targets, weights):
        return tf.math.count_nonzero((tf.argmax(scores, -1) == targets) & (weights > 0))

    @tf.function(input_signature=signature, autograph=False, jit_compile=False)
    def learn(values, known, targets, weights):
        with tf.GradientTape() as tape:
            scores = model([values, known], training=True)
            total, weight = losses(scores, targets, weights)
            loss = tf.math.divide_no_nan(total, weight)
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        return loss, hits(scores, targets, weights), tf.math.count_nonzero(weights)

    @tf.function(input_signature=signature, autograph=False, jit_compile=False)
    def judge(values, known, targets, weights):
        scores = model([values, known], training=False)
        return (*losses(scores, targets, weights), hits(scores, targets, weights))

    return learn, judge


def _shuffled(examples: Sequence[Example], size: int, rng: np.random.Generator) -> np.ndarray:
    """A random order in which clips of like length share a batch, so that little of it is padding."""
    order = rng.permutation(len(examples))
    order = order[np.argsort([len(examples[i].values) for i in order], kind="stable")]
    rest = len(order) % size  # the batch that is not full is the last: here the longest clips, whoever they are
    full, last = order[: len(order) - rest], order[len(order) - rest :]
    return np.concatenate([rng.permutation(full.reshape(-1, size)).ravel(), last])


def _varied_batches(
    settings: NetworkSettings, training: Sequence[Example], weights: np.ndarray, seed: tuple[int, int]
) -> Iterator[tuple[np.ndarray, ...]]:
    """The batches of one epoch: clips varied, in a random order."""
    rng = np.random.default_rng(seed)
    examples = [varied(example, settings, rng) for example in training]
    yield from _batches(examples, settings.batch_size, _shuffled(examples, settings.batch_size, rng), weights)


def _batches(
    examples: Sequence[Example], size: int, order: Sequence[int] | np.ndarray, weights: np.ndarray
) -> Iterator[tuple[np.ndarray, ...]]:
    """Batches in `order`, padded to their longest clip: values (N, T, D), known, targets and weights (N, T)."""
    for begin in range(0, len(order), size):
        chosen = [examples[i] for i in order[begin : begin + size]]
        shape = (len(chosen), max(len(example.values) for example in chosen))
        values = np.zeros((*shape, chosen[0].values.shape[1]), np.float32)
        targets = np.full(shape, UNKNOWN, np.int64)
        known = np.zeros(shape, bool)
        for row, example in enumerate(chosen):
            values[row, : len(example.values)] = example.values
            targets[row, : len(example.values)] = example.targets
            known[row, : len(example.values)] = True
        yield values, known, targets, np.where(targets == UNKNOWN, 0, weights[targets]).astype(np.float32)


def _validate(
    judge: Callable[..., Any], examples: Sequence[Example], size: int, weights: np.ndarray
) -> tuple[float | None, float | None]:
    """Mean loss and accuracy over the known steps of `examples`; None where there are none."""
    ones = np.maximum(weights, 1e-6)  # a label that training never saw still counts as a miss
    totals = np.zeros(3)
    known = 0
    for batch in _batches(examples, size, range(len(examples)), ones):
        totals += [float(value) for value in judge(*batch)]
        known += np.count_nonzero(batch[3])
    return (float(totals[0] / totals[1]), float(totals[2] / known)) if known else (None, None)
