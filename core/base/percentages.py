"""Shares as people read them: the one place that writes a per cent sign."""


def per_cent(share: float, *, decimals: int | None = None) -> str:
    """A share of 1 in per cent: 97 %, below one per cent with a decimal; with `decimals` always with so many."""
    if decimals is None:
        decimals = 0 if share >= 0.01 or share == 0 else 1
    return f"{100 * share:.{decimals}f} %"


def per_cent_range(low: float, high: float, *, decimals: int = 1) -> str:
    """Two shares of 1 as a range: 84.2 to 91.0 %."""
    return f"{100 * low:.{decimals}f} to {per_cent(high, decimals=decimals)}"


def hover_per_cent(field: str, *, decimals: int = 1) -> str:
    """The same as part of a Plotly template. field: the variable that holds a share in hundredths, such as "y"."""
    return f"%{{{field}:.{decimals}f}} %"
