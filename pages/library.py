"""Library: add, view, describe, select and delete clips."""

from pages.ui import cache, state
from pages.ui.common import flash, theme
from pages.ui.library import additions, deletion, filters, import_panel, metadata_panel, viewer, views

theme.title("Library", "Add video clips, then open one on the Timeline to see which action happens when.")
every, choices = cache.listed_clips()
gone = state.videos_set_aside()
clips = [clip for clip in every if clip.row.digest not in gone] if gone else list(every)
import_panel.panel(opened=not clips)
adding = additions.progress()
flash.show()
deletion.offer_undo([(clip.row.digest, clip.row.name) for clip in every if clip.row.digest in gone])
if not clips and not adding:
    theme.empty(
        "The library is empty",
        "Upload a clip, enter its path or address, or add the sample clip. Then open the "
        "Timeline to see what happens when.",
    )
if not clips:
    state.stop()

view = views.heading("Your clips" if len(clips) > 1 else "Your clip")
if view == views.TABLE:
    metadata_panel.panel()
matching = filters.matching(clips, choices)
if view == views.TABLE:
    views.table(matching)
else:
    views.cards(matching)
viewer.show(clips)
