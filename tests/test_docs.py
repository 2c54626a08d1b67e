"""What the documents promise is there, and what is there is documented."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from core.__main__ import main
from core.base.registry import BACKBONES, FORMATS, METRICS, STEPS
from core.stages.formats.common import conversion

for stage in ("preprocessing", "networks.backbones", "formats", "metrics"):
    import_module(f"core.stages.{stage}")

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "models/README.md",
]


def text_of(*names: str) -> str:
    return "\n".join((ROOT / name).read_text(encoding="utf-8") for name in names)


def each_document():
    return pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


@pytest.mark.parametrize("name", STEPS)
def test_each_step_has_a_section(name: str):
    headings = [line for line in text_of("docs/steps.md").splitlines() if line.startswith("#")]
    assert any(name in heading or getattr(STEPS[name], "label", name) in heading for heading in headings)


@pytest.mark.parametrize("name", BACKBONES)
def test_each_backbone_is_documented(name: str):
    """Those of keras.applications as one."""
    told = "keras-<name>" if name.startswith("keras-") else name
    assert f"`{told}`" in text_of("README.md")


@pytest.mark.parametrize("name", METRICS)
def test_each_metric_is_explained_in_two_sentences(name: str):
    rows = [line.strip("| ").split(" | ") for line in text_of("docs/metrics.md").splitlines() if line.startswith("| ")]
    (told,) = [row[1] for row in rows if f"`{name}`" in row[0]]
    assert len(re.findall(r"[.?](?= |$)", told)) >= 2


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_documented(name: str):
    assert f"## `{name}`" in text_of("docs/formats.md")


@pytest.mark.parametrize("card", sorted((ROOT / "models").glob("*/card.json")), ids=lambda card: card.parent.name)
def test_each_model_is_documented(card: Path):
    for document in ("README.md", "models/README.md"):
        assert f"`{card.parent.name}`" in text_of(document)


@pytest.mark.parametrize("page", sorted(path.stem for path in (ROOT / "pages").glob("[!_]*.py")))
def test_each_page_is_documented(page: str):
    assert f"**{page.capitalize()}.**" in text_of("README.md")


def test_the_models_of_the_readme_are_those_that_ship():
    """Both tables, row by row."""
    shipped = {card.parent.name for card in (ROOT / "models").glob("*/card.json")}
    for readme in ("README.md", "README.zh-CN.md"):
        table = re.search(r"\n\| (?:model|模型) \|.+?\n\n", text_of(readme), re.DOTALL)
        assert table and set(re.findall(r"^\| `([\w-]+)` \|", table[0], re.MULTILINE)) == shipped


def test_the_steps_and_formats_of_the_readme_are_those_of_the_registries():
    readme = text_of("README.md")
    sections = {line.removeprefix("## ").strip() for line in text_of("docs/steps.md").splitlines() if line[:3] == "## "}
    labels = {getattr(step, "label", name) for name, step in STEPS.items()}
    assert labels <= sections | {name for section in sections for name in section.split(" (")}
    counts = {
        int(count)
        for counts in re.findall(r"label files in (\d+) formats|files of (\d+) kinds", readme)
        for count in counts
        if count
    }
    assert counts == {len(conversion.writable())}
    documented = set(re.findall(r"^## `([\w-]+)`", text_of("docs/formats.md"), re.MULTILINE))
    assert documented == set(FORMATS)


def test_both_readmes_have_the_same_commands_links_and_pages():
    """Comments of commands are translated, and the English one says more."""
    english, chinese = text_of("README.md"), text_of("README.zh-CN.md")

    def commands(readme: str) -> list[str]:
        blocks = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
        return [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]

    def links(readme: str) -> set[str]:
        return set(re.findall(r"\]\(([^)#\s]+)", readme)) - {"README.md", "README.zh-CN.md"}

    assert commands(chinese) == commands(english) and links(chinese) == links(english)
    titles = [re.findall(r"^\d+\. \*\*(\w+)", readme, re.MULTILINE) for readme in (english, chinese)]
    assert titles[0] == titles[1] and len(titles[0]) == 12


@each_document()
def test_relative_links_lead_somewhere(path: Path):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert not missing


@each_document()
def test_no_document_names_places_outside_the_project(path: Path):
    assert not re.search(r"\.\./shared|shared/data|/work/|\.library", path.read_text(encoding="utf-8"))


def test_the_commands_of_the_readme_exist(capsys):
    readme, makefile = text_of("README.md"), text_of("Makefile")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)\b(?=[ `\n]*(?:#|`|$))", readme, flags=re.MULTILINE)) <= targets
    called = re.findall(r"-m core (.+?)(?:  +#.*)?$", readme, flags=re.MULTILINE)
    assert called
    for line in called:
        usage = _usage(line.split()[0], capsys)
        unknown = [option for option in re.findall(r"(?<= )--[a-z]+", line) if option not in usage]
        assert not unknown, line


def _usage(command: str, capsys) -> str:
    """What a command says of itself; a command that there is not fails here."""
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0, command
    return capsys.readouterr().out


def test_the_environment_variables_of_the_readme_are_those_that_are_read():
    told = set(re.findall(r"`(KINETOSCOPE_[A-Z_]+)`", text_of("README.md")))
    assert told == set(re.findall(r'"(KINETOSCOPE_[A-Z_]+)"', text_of("core/base/settings.py", "scripts/setup.py")))


@pytest.mark.parametrize("lesson", ["docs/lesson.md", "docs/lesson.zh-CN.md"])
def test_the_lesson_names_pages_views_and_buttons_as_they_are_called(lesson: str):
    sources = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "pages").rglob("*.py")))
    sources += "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "core").rglob("*.py")))
    names = re.findall(r"\*\*(.+?)\*\*", text_of(lesson).replace("\n", " ")) or ["nothing"]
    assert not {name for name in names if f'"{name}"' not in sources and name != "粗体" and name != "bold"}


def test_both_lessons_have_the_same_steps_and_names():
    english, chinese = text_of("docs/lesson.md"), text_of("docs/lesson.zh-CN.md")
    for pattern in (r"^## (\d)\.", r"\*\*([A-Z].+?)\*\*"):
        found = [re.findall(pattern, text, re.MULTILINE) for text in (english, chinese)]
        assert set(found[0]) == set(found[1]) and found[0]
