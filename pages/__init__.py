"""One file for each page of the dashboard; what they share lives in `pages.ui`."""
