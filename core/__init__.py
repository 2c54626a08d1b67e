"""Kinetoscope without its pages: from a video file to its labels over time. Nothing here imports Streamlit."""
