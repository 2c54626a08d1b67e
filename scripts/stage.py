"""A page with the player alone, for its tests and its benchmark: `streamlit run scripts/stage.py`."""

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app import ROUTES, lifespan  # noqa: E402

app = st.App(ROOT / "scripts" / "stage_page.py", lifespan=lifespan, routes=ROUTES)
