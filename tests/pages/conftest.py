"""What the tests of pages share."""

from collections.abc import Iterator

import pytest
from streamlit.components.v2.component_manager import BidiComponentManager


@pytest.fixture(scope="session", autouse=True)
def no_search_for_components() -> Iterator[None]:
    """Streamlit looks for components in all installed packages for each AppTest anew, which takes longer than most runs
    of a page; ours are not in packages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BidiComponentManager, "discover_and_register_components", lambda self, **options: None)
        yield
