"""Menus that several pages share: clip, model, CNN, dataset."""
