"""The server of the page in held_page.py."""

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from app import ROUTES, lifespan  # noqa: E402

app = st.App(Path(__file__).with_name("held_page.py"), lifespan=lifespan, routes=ROUTES)
