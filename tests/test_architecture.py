"""The rules that keep the program's shape: who may import whom, what is forbidden, how long things may get."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = re.search(r"```floors\n(.+?)```", (ROOT / "docs" / "architecture.md").read_text("utf-8"), re.DOTALL)
RANKS = {module: rank for rank, line in enumerate(FLOORS[1].splitlines()) for module in line.split()} if FLOORS else {}
NAMED_MODULE = r"\b(?:core\.(?:base|domain|stages|workspace|workflows|cli)|pages\.ui)(?:\.[a-z_]\w*)*"
HEAVY = {"tensorflow", "keras", "openvino"}
CORE = sorted((ROOT / "core").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("[!_]*.py"))
PAGE_PARTS = sorted((ROOT / "pages" / "ui").rglob("*.py"))
PROGRAM = [ROOT / "app.py", *CORE, *PAGES, *PAGE_PARTS, *sorted((ROOT / "scripts").glob("*.py"))]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def each_file(paths: list[Path]):
    return pytest.mark.parametrize("path", paths, ids=name_of)


def imports(tree: ast.AST) -> Iterator[str]:
    """The full dotted names of what is imported anywhere in `tree`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full, never relative"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_at_load(tree: ast.Module | ast.ClassDef) -> Iterator[str]:
    """The full dotted names of what is imported as soon as the module is; what only a type checker sees is not."""
    for node in tree.body:
        for_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if isinstance(node, ast.ClassDef):
            yield from imports_at_load(node)
        elif not for_types and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from imports(node)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def is_signpost(path: Path) -> bool:
    """Whether a file is the __init__ of a folder that only groups others: a docstring and nothing else."""
    return path.name == "__init__.py" and len(parse(path).body) <= 1


def type_names(tree: ast.Module) -> Iterator[str]:
    """The names of the classes of a module, and of the types that it names, such as `Lane = Literal[...]`."""
    yield from (node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    for node in tree.body:
        targets = [*getattr(node, "targets", ()), getattr(node, "target", None), getattr(node, "name", None)]
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        yield from (name for name in names if re.fullmatch(r"_?[A-Z]\w*[a-z]\w*", name))


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def module_of(name: str) -> str:
    """The entry of the floors that a dotted name below core belongs to: the longest that fits."""
    parts = name.split(".")
    heads = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((head for head in heads if head in RANKS), "")


def dotted(path: Path) -> str:
    """The name below core of a file of core; that of its folder for a package."""
    return ".".join(path.relative_to(ROOT / "core").with_suffix("").parts).removesuffix(".__init__")


@each_file([path for path in CORE if path != ROOT / "core" / "__init__.py" and not is_signpost(path)])
def test_core_imports_only_lower_floors(path: Path):
    own = module_of(dotted(path))
    assert own, f"{name_of(path)} is on no floor of docs/architecture.md"
    for name in imports(parse(path)):
        package, _, rest = name.partition(".")
        assert package not in {"streamlit", "pages", "app"}, f"core knows nothing of {package}"
        target = module_of(rest)
        if package == "core" and target != own:
            assert target, f"{name} is on no floor of docs/architecture.md"
            assert RANKS[target] < RANKS[own], f"{own} imports {target}, which stands no lower"


@each_file([path for path in CORE if {"stages", "workspace"} & set(path.relative_to(ROOT / "core").parts[:1])])
def test_a_stage_knows_no_workspace_and_the_workspace_no_stage(path: Path):
    other = {"stages": "core.workspace", "workspace": "core.stages"}[path.relative_to(ROOT / "core").parts[0]]
    assert not [name for name in imports(parse(path)) if name.startswith(other)]


def test_core_holds_its_floors_and_nothing_else():
    entries = {path.name for path in (ROOT / "core").iterdir() if path.name != "__pycache__"}
    floors = {"base", "domain", "stages", "workspace", "workflows", "cli"}
    assert entries == {"__init__.py", "__main__.py", *floors}


SOURCES = [
    path for top in ("core", "pages") for path in (ROOT / top).rglob("*") if path.suffix in (".py", ".js", ".css")
]


def test_files_stay_under_400_lines():
    long = {name_of(path): lines for path in SOURCES if (lines := len(path.read_text("utf-8").splitlines())) > 400}
    assert not long


def test_folders_stay_small():
    """At most 14 Python files and 20 of all kinds; a format is one file, and so is a page."""
    folders = {path.parent for path in SOURCES} - {ROOT / "core" / "stages" / "formats", ROOT / "pages"}
    for folder in folders:
        names = [path.name for path in folder.iterdir() if path.is_file()]
        assert len([name for name in names if name.endswith(".py")]) <= 14, name_of(folder)
        assert len(names) <= 20, name_of(folder)


def test_one_class_name_stands_for_one_class():
    """Names of types count as names of classes: Callable, Literal, tuple and the like under a name of their own."""
    names = [name for path in [*CORE, *PAGES, *PAGE_PARTS, ROOT / "app.py"] for name in type_names(parse(path))]
    assert not {name for name in names if names.count(name) > 1}


@each_file([path for path in [*CORE, *PAGE_PARTS] if path.name == "__init__.py"])
def test_a_package_lists_the_modules_that_it_holds(path: Path):
    """Below its first line, "name: what it does" names modules; a package that lists any lists all of its own."""
    body = (ast.get_docstring(parse(path)) or "").partition("\n")[2]
    lists = re.finditer(r"(?:^|  )((?:\w+, )*\w+): ", body, re.MULTILINE)
    listed = {name for names in lists for name in names[1].split(", ")}
    modules = {
        entry.stem for entry in path.parent.iterdir() if entry.suffix == ".py" or (entry / "__init__.py").is_file()
    }
    assert not listed - modules, "these modules do not exist"
    assert not listed or not modules - listed - {"__init__"}, "these modules are not listed"


@each_file(PROGRAM)
def test_modules_that_a_text_names_exist(path: Path):
    """Dotted names in docstrings, comments and code: what follows the module is a name that stands in it."""
    for name in re.findall(NAMED_MODULE, path.read_text("utf-8")):
        folder, rest = ROOT, name.split(".")
        while rest and (folder / rest[0]).is_dir():
            folder, rest = folder / rest[0], rest[1:]
        module = folder / f"{rest[0]}.py" if rest else folder
        inside = folder / "__init__.py"
        assert module.exists() or rest[0] in re.findall(r"\w+", inside.read_text("utf-8")), f"{name} does not exist"


@pytest.mark.parametrize("name", ["found", "told", "said", "asked"])
def test_variables_are_called_by_what_they_are(name: str):
    files = set()
    for path in [*CORE, *PAGES, *PAGE_PARTS]:
        for node in ast.walk(parse(path)):
            bound = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name
            if bound or (isinstance(node, ast.arg) and node.arg == name):
                files.add(name_of(path))
    assert len(files) <= 10, sorted(files)


@each_file(CORE)
def test_heavy_libraries_are_imported_inside_functions(path: Path):
    assert not HEAVY & {name.split(".")[0] for name in imports_at_load(parse(path))}


@each_file([path for path in PROGRAM if path.is_relative_to(ROOT / "core")])
def test_only_the_video_module_opens_media_files(path: Path):
    tree = parse(path)
    if module_of(dotted(path)) not in ("video", "stages.video"):
        assert "av" not in {name.split(".")[0] for name in imports(tree)}
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not used & {"VideoCapture", "VideoWriter"}


@each_file(PAGES)
def test_a_page_is_short_and_only_picks_describes_keys_and_shows(path: Path):
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert len(source.splitlines()) < 150
    long = {function.name: length(function) for function in functions(tree) if length(function) > 20}
    assert not long, f"functions over 20 lines on a page: {long}"
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Try)], "a page catches no exception"
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert "open" not in calls, "a page opens no file"


@each_file([path for path in [*PAGES, *PAGE_PARTS] if path.name != "trouble.py"])
def test_an_error_in_a_part_that_is_drawn_by_itself_is_told_in_words(path: Path):
    assert "st.fragment" not in path.read_text(encoding="utf-8"), "use trouble.fragment"


@each_file([path for path in [*PAGES, *PAGE_PARTS] if path.parent.name != "controls"])
def test_no_press_is_asked_for_where_its_button_is_drawn(path: Path):
    """A run that is cut short loses such a press: see pages.ui.common.controls.button, and downloads for files."""
    tree = parse(path)
    statements = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        called = ast.unparse(node.func)
        assert node.func.attr != "download_button", f"{called}: use downloads.button"
        if node.func.attr in ("button", "form_submit_button", "menu_button"):
            assert node in statements, f"line {node.lineno}: {called} has an on_click, or is button.pressed"


@each_file([path for path in [*PAGES, *PAGE_PARTS] if path.name != "session.py"])
def test_a_page_that_ends_itself_says_so(path: Path):
    """Streamlit stops a run in the same way for another run, which the presses of the first wait for."""
    assert "st.stop(" not in path.read_text(encoding="utf-8"), "use state.stop"


@each_file([*PAGES, *PAGE_PARTS])
def test_pages_import_no_pages(path: Path):
    pages = {f"pages.{page.stem}" for page in PAGES}
    assert not pages & set(imports(parse(path)))


def page_folder(name: str) -> str:
    """The folder of pages/ui that a dotted name lies in; the file itself where it lies directly there."""
    return name.removeprefix("pages.ui.").split(".")[0]


@each_file([*PAGES, *(path for path in PAGE_PARTS if path.parent.name != "ui")])
def test_a_page_knows_its_own_folder_and_what_is_common(path: Path):
    """What is common knows no page; session, address and caches are common too."""
    lies_in = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    own = path.stem if path in PAGES else page_folder(lies_in)
    shared = {"common", "state", "cache", "shell"}
    used = {page_folder(name) for name in imports(parse(path)) if name.startswith("pages.ui.")}
    assert used <= {own, *shared}, f"{name_of(path)} imports {sorted(used - {own, *shared})}"


@each_file([*PAGES, *PAGE_PARTS])
def test_one_folder_touches_session_and_address_and_one_file_the_caches(path: Path):
    own = {"state": {"session_state", "query_params"}, "memory.py": {"cache_data", "cache_resource"}}
    used = {node.attr for node in ast.walk(parse(path)) if isinstance(node, ast.Attribute)}
    assert not used & set.union(*(names for file, names in own.items() if file not in path.parts))


@each_file([ROOT / "app.py", *PAGES, *PAGE_PARTS])
def test_nothing_that_draws_starts_threads(path: Path):
    """A thread that calls `st.*` changes nothing and says nothing; the pages leave threads to core, and may lock."""
    names = set(imports(parse(path))) - {"threading.RLock"}
    assert not {"threading", "concurrent", "multiprocessing"} & {name.split(".")[0] for name in names}


@each_file([*CORE, *PAGE_PARTS, ROOT / "app.py"])
def test_functions_stay_under_40_lines(path: Path):
    long = {function.name: length(function) for function in functions(parse(path)) if length(function) > 40}
    assert not long, f"functions over 40 lines: {long}"


@each_file(PROGRAM)
def test_nothing_runs_what_a_file_says(path: Path):
    """No unpickling, no eval, no unsafe loading of models or arrays.

    The job runner alone unpickles: what its own server sent to its own worker, as dask does anyway.
    """
    forbidden = {"eval", "exec", "pickle.load", "pickle.loads", "joblib.load", "os.system"}
    if path == ROOT / "core" / "workspace" / "jobs" / "worker.py":
        forbidden.remove("pickle.loads")
    for node in ast.walk(parse(path)):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        assert called not in forbidden, called
        for keyword in node.keywords:
            value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            unsafe = {("safe_mode", False), ("allow_pickle", True), ("shell", True)}
            assert (keyword.arg, value) not in unsafe, f"{called}({keyword.arg}={value})"


def modules_after(code: str, workspace: Path) -> set[str]:
    """The top-level modules that a fresh Python has loaded after `code`."""
    environment = {**os.environ, "KINETOSCOPE_WORKSPACE": str(workspace)}
    ask = f"{code}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("code", ["import core.__main__", "import app"])
def test_a_fresh_process_loads_no_heavy_library(code: str, tmp_path: Path):
    assert not HEAVY & modules_after(code, tmp_path)


def test_the_first_page_loads_no_heavy_library(tmp_path: Path):
    code = """
from streamlit.testing.v1 import AppTest
at = AppTest.from_file("pages/ui/shell.py", default_timeout=240).run()
assert not at.exception, at.exception
"""
    assert not HEAVY & modules_after(code, tmp_path)
