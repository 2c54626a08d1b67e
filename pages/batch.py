"""Batch: analyse many clips as one job."""

from pages.ui.batch import listing, setup
from pages.ui.common import flash, theme

theme.title("Batch", "Analyse many clips as one job. It can be paused, and continues where it stopped.")
flash.show()
batches = listing.batches_of_known_models()
if batches:
    listing.show(batches)
setup.show(opened=not batches or bool(setup.selected()))
