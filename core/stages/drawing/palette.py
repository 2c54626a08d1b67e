"""The colours of labels.

The palette starts with the six colours of Okabe and Ito (2008, jfly.uni-koeln.de/color) that show on both paper and
black; the others come from Paul Tol's qualitative schemes (SRON/EPS/TN/09-002, 2021), each time the one farthest from
all before it in OKLab, where the distance is the least of those seen with normal sight, protanopia and deuteranopia
(Machado, Oliveira and Fernandes, 2009). Twelve labels keep a distance of 0.07, twenty-four of 0.04. Beyond
twenty-four colours return: text always stands beside colour.
"""

PALETTE = (
    *("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9"),  # Okabe and Ito
    *("#A01813", "#805770", "#DDCC77", "#FFAABB", "#9DCCEF", "#882255"),
    *("#D11807", "#AA4499", "#EE6677", "#6195CF", "#EE7733", "#9A709E"),
    *("#BBCC33", "#882E72", "#44BB99", "#90C987", "#8D4653", "#437DBF"),
)


def colour(slot: int) -> str:
    """The colour of the label that has this number in the store, "#RRGGBB"."""
    return PALETTE[slot % len(PALETTE)]
