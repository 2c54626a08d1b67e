"""What the Makefile and the checks before a commit have in common."""

import re
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def recipe(target: str) -> list[str]:
    """The commands that `make target` would run."""
    command = ["make", "--dry-run", "--no-print-directory", target]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return listing.stdout.splitlines()


def test_the_checks_before_a_commit_are_those_of_make_lint():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = [hook for repository in config["repos"] for hook in repository["hooks"]]
    assert [hook["entry"] for hook in hooks] == [line for line in recipe("lint") if "scripts/setup.py" not in line]
    assert all(hook["language"] == "system" and not hook["pass_filenames"] for hook in hooks)


def test_help_names_each_target():
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.+)", makefile, re.M)
    assert targets
    listed = [line.split()[1] for line in help_lines()]
    assert sorted(listed) == sorted(targets[1].split())


def help_lines() -> list[str]:
    """What `make help` prints."""
    return subprocess.run(
        ["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
