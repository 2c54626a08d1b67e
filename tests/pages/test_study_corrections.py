"""Corrected budgets on the Study page: with an evaluation of the model, with too few clips, and without one."""

import io
import zipfile

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.domain import Recipe
from core.workspace.store import Store
from tests.pages.test_pages import button, told
from tests.pages.test_study import numbers_of, opened, store, workers
from tests.workflows.test_corrected_budgets import evaluated, studied
from tests.workflows.test_library_study import clip, predicted, study_of

__all__ = ["store", "workers"]


def corrected(store: Store, held_out: int = 6) -> AppTest:
    """The budgets of three clips of a model that is evaluated on so many."""
    studied(store, evaluated(store, held_out))
    for name, value in {"source": "model mine", "shortest": 0.1, "group": "diet"}.items():
        store.keep_preference(f"study.{name}", value)
    at = opened()
    (toggle,) = [toggle for toggle in at.toggle if toggle.label == "Correct the shares"]
    return toggle.set_value(True).run().run()


def test_shares_of_an_evaluated_model_are_corrected(store: Store):
    at = corrected(store)
    table = numbers_of(at, "estimate").set_index(["group", "label"])
    assert list(table.loc["x"].index) == ["run", "walk", "no label"]
    assert table.loc[("x", "run"), "raw"] == pytest.approx(30)
    assert table.loc[("x", "run"), "estimate"] == pytest.approx(40, abs=2)
    assert table.loc[("y", "no label"), "low"] <= table.loc[("y", "no label"), "high"]
    assert len(at.get("plotly_chart")) == 2 and "as it does on 6 held-out clips of Made" in told(at)
    assert "y: A single subject" in told(at) and "Open Evaluate" not in [one.label for one in at.button]


def test_corrected_shares_are_among_the_files_as_they_are_shown(store: Store):
    shown = numbers_of(corrected(store), "estimate")
    at = opened("files")
    button(at, "Create files").click().run().run()
    (key,) = store.keys("export")
    with zipfile.ZipFile(store.file_path(key)) as box:
        table = pd.read_csv(io.BytesIO(box.read("corrected_budget.csv")), keep_default_na=False)
    assert list(table["group"]) == list(shown["group"]) and list(table["label"]) == ["run", "walk", ""] * 2
    for column, name in (("share", "raw"), ("corrected", "estimate"), ("low", "low"), ("high", "high")):
        np.testing.assert_allclose(100 * table[column], shown[name], atol=1e-4)


def test_too_few_held_out_clips_are_a_reason_and_no_figure(store: Store):
    at = corrected(store, 4)
    assert "at least 5 held-out clips, and there are 4" in told(at) and len(at.get("plotly_chart")) == 1


def test_without_an_evaluation_the_page_leads_to_one(store: Store):
    predicted(store, clip(store, "a.mp4", 4.0), Recipe(), 4.0)
    at = opened()
    assert "Evaluate the model on a labelled dataset" in told(at)
    assert [toggle.label for toggle in at.toggle if toggle.label == "Correct the shares"] == []
    button(at, "Open Evaluate").click().run()
    assert "<h1>Evaluate</h1>" in told(at)


def test_labels_of_people_are_not_corrected(store: Store):
    study_of(store, {"a": 2})
    assert "misclassification" not in told(opened())
