"""Recipes: those saved under a name, and that of each clip."""

from contextlib import suppress

from core.base.errors import AnalysisError, FormatInvalid
from core.domain import ClipRecipe, Recipe
from core.domain.serialization import from_json, to_json
from core.workspace.store.database import Catalogue, hex_digits
from core.workspace.store.videos import cleaned_name


class Recipes(Catalogue):
    """Recipes by name and by clip."""

    def save_recipe(self, name: str, recipe: Recipe) -> None:
        """Keep a recipe under a name, in place of one that had it."""
        if not name.strip():
            raise AnalysisError("A recipe needs a name.", "Enter a name first.")
        with self._changing() as catalogue:
            catalogue.execute("INSERT OR REPLACE INTO recipes VALUES (?, ?)", (cleaned_name(name), to_json(recipe)))

    def recipes(self) -> dict[str, Recipe]:
        """The saved recipes by name, by the alphabet; those with steps that no longer exist are left out."""
        entries = {}
        for name, body in self._rows("SELECT name, body FROM recipes ORDER BY lower(name)"):
            with suppress(FormatInvalid):
                entries[name] = from_json(body, Recipe, source=f"recipe {name!r}")
        return entries

    def delete_recipe(self, name: str) -> None:
        """Forget a saved recipe."""
        with self._changing() as catalogue:
            catalogue.execute("DELETE FROM recipes WHERE name = ?", (name,))

    def keep_clip_recipe(self, digest: str, steps: ClipRecipe) -> None:
        """Keep the steps of a clip, in place of those before."""
        with self._changing() as catalogue:
            row = (hex_digits(digest), to_json(steps))
            catalogue.execute("INSERT OR REPLACE INTO clip_recipes VALUES (?, ?)", row)

    def clip_recipe(self, digest: str) -> ClipRecipe | None:
        """The steps of a clip as they were left; None where nobody laid out any, or one of them no longer exists."""
        bodies = self._rows("SELECT body FROM clip_recipes WHERE video = ?", digest)
        return _clip_recipe(bodies[0][0], digest) if bodies else None

    def recipe_of(self, digest: str) -> Recipe:
        """The recipe of a clip: what is done to it before anything looks at it; empty where nothing is."""
        steps = self.clip_recipe(digest)
        return steps.recipe if steps else Recipe()

    def recipes_of_clips(self) -> dict[str, Recipe]:
        """The recipes of all clips that have one with a step, by digest."""
        bodies = self._rows("SELECT video, body FROM clip_recipes")
        known = {body: _clip_recipe(body, digest) for digest, body in bodies}  # many clips have the same
        return {digest: steps.recipe for digest, body in bodies if (steps := known[body]) and steps.recipe.steps}


def _clip_recipe(body: str, digest: str) -> ClipRecipe | None:
    """The steps that a text holds; None where one of them no longer exists."""
    with suppress(FormatInvalid):
        return from_json(body, ClipRecipe, source=f"recipe of the clip {digest[:12]}")
    return None
