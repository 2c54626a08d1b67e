"""What a visitor has chosen: the only folder that touches st.session_state and st.query_params.

Session state holds names, keys and short texts, never arrays or models. The clip, the moment, the part of it that is
shown large, the recipe, the model and the track that is drawn in are mirrored in the address, so that a link opens what
its sender saw.

session: what the program works with, and what a session remembers     clip_choice: the clip, the moment, the page
recipe_editor: the recipe under way     model_choice: model, labels in words, query     address: the mirror of all
"""

from pages.ui.state.address import follow_address, follow_press, mirror, packed
from pages.ui.state.clip_choice import (
    choose,
    chosen_digest,
    chosen_video,
    draw_in,
    drawn_in,
    entries,
    forget,
    go,
    jump,
    moment_s,
    position,
    set_moment,
    show_part,
    shown_part,
    touched,
)
from pages.ui.state.model_choice import (
    IN_WORDS,
    ask,
    broken_models,
    choose_model,
    chosen_model,
    in_words,
    models,
    name_labels,
    named_text,
    own_models,
    query,
)
from pages.ui.state.recipe_editor import Part, new_uid, parts, read_recipe, recipe, recipe_json, set_parts, use_recipe
from pages.ui.state.session import (
    close,
    heeding_presses,
    is_dark,
    presses,
    remember,
    remembered,
    runner,
    set_widget,
    settings,
    store,
    widget,
)

__all__ = [
    "IN_WORDS",
    "Part",
    "ask",
    "broken_models",
    "choose",
    "choose_model",
    "chosen_digest",
    "chosen_model",
    "chosen_video",
    "close",
    "draw_in",
    "drawn_in",
    "entries",
    "follow_address",
    "follow_press",
    "forget",
    "go",
    "heeding_presses",
    "in_words",
    "is_dark",
    "jump",
    "mirror",
    "models",
    "moment_s",
    "name_labels",
    "named_text",
    "new_uid",
    "own_models",
    "packed",
    "parts",
    "position",
    "presses",
    "query",
    "read_recipe",
    "recipe",
    "recipe_json",
    "remember",
    "remembered",
    "runner",
    "set_moment",
    "set_parts",
    "set_widget",
    "settings",
    "show_part",
    "shown_part",
    "store",
    "touched",
    "use_recipe",
    "widget",
]
