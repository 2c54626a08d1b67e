"""The slider of the moment that is shown."""

from core.domain import VideoInfo
from pages.ui import state
from pages.ui.common.controls.slider import slider


def moment(info: VideoInfo, *, key: str) -> tuple[float, bool]:
    """The moment in seconds, and whether the slider is at rest; it follows clicks elsewhere on the page.

    key: names this slider. A clip of a single frame has no slider.
    """
    if info.frame_count < 2:
        return 0.0, True
    chosen, rest = slider(
        "Moment",
        key=f"{key}.{info.digest}.{state.touched()}",
        value=state.moment_s(info),
        low=0.0,
        high=round(float(info.times_s[-1]), 3),
        step=0.001,
        unit="s",
    )
    state.set_moment(float(chosen))  # type: ignore[arg-type]
    if rest:
        state.mirror()
    return float(chosen), rest  # type: ignore[arg-type]
