"""The settings of a training with their names, bounds and explanations: for the form on Train and the command line."""

from core.base.knobs import Knob

CELLS = {"gru": "GRU", "lstm": "LSTM"}
KNOBS: dict[str, tuple[Knob, ...]] = {
    "Network": (
        Knob(
            "cell", "choice", "gru", "Cell", choices=tuple(CELLS),
            choice_labels=tuple(CELLS.values()),
            help="GRU works well with few clips. LSTM has more parameters and may capture longer dependencies.",
        ),
        Knob("units", "int", 64, "Units", 4, 1024, 4, help="Number of units per layer and direction."),
        Knob("layers", "int", 1, "Layers", 1, 4),
        Knob(
            "bidirectional", "bool", True, "Bidirectional",
            help="A bidirectional network also uses what comes after a moment. Turn off for a causal network, as for "
            "live use.",
        ),
        Knob(
            "dropout", "float", 0.5, "Dropout", 0.0, 0.9, 0.05,
            help="Share of features and hidden values dropped during training. Use more if there are few clips.",
        ),
    ),
    "Optimisation": (
        Knob("learning_rate", "float", 6e-3, "Learning rate", 0.00001, 0.1, 0.0005),
        Knob(
            "weight_decay", "float", 1e-4, "Weight decay", 0.0, 0.1, 0.0001,
            help="How strongly weights are pulled towards zero, which keeps the network simple.",
        ),
        Knob("batch_size", "int", 16, "Batch size", 1, 256),
        Knob("epochs", "int", 40, "Maximum epochs", 1, 500),
        Knob("stop_early", "bool", False, "Early stopping", help="Choose the best epoch on the validation groups."),
        Knob("patience", "int", 8, "Patience, epochs", 1, 100),
        Knob(
            "again", "bool", True, "Retrain with the validation groups",
            help="After early stopping, train again for the same number of epochs with the validation groups included.",
        ),
    ),
    "Data and augmentation": (
        Knob(
            "balanced", "bool", True, "Balance classes",
            help="Give each class the same total weight, regardless of its number of examples.",
        ),
        Knob(
            "smoothing", "float", 0.05, "Label smoothing", 0.0, 0.4, 0.01,
            help="Share of each label spread over all classes, which reduces overconfidence.",
        ),
        Knob(
            "stretch", "float", 0.3, "Speed change", 0.0, 1.0, 0.05,
            help="Vary the speed of each clip in each epoch: 0.3 is up to 30 % faster or slower.",
        ),
        Knob(
            "crop", "float", 0.7, "Minimum crop", 0.1, 1.0, 0.05,
            help="Train on a random part of each clip in each epoch, at least this share of it.",
        ),
        Knob("noise", "float", 0.2, "Feature noise", 0.0, 1.0, 0.05, help="In standard deviations of each feature."),
    ),
}  # fmt: skip
