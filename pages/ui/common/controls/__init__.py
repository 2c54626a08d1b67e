"""Controls of our own: slider, buttons, downloads."""
