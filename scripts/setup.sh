#!/bin/sh
# Set up what this project needs, once. Usage: sh scripts/setup.sh [program] [tools] [chromium]
#   program   .venv with requirements.txt      tools   .venv with requirements-dev.txt
#   chromium  a browser for the browser tests, from Debian's packages where none is installed
# A stamp in .venv holds the checksum of what was installed, so a second call does nothing.
set -eu
cd "$(dirname "$0")/.."
PYTHON=.venv/bin/python

fail() { printf 'error: %s\nhint: %s\n' "$1" "$2" >&2; exit 1; }

# TensorFlow has wheels for these versions only.
suits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
    for name in ${KINETOSCOPE_PYTHON:-} python3 python3.13 python3.12 python3.11 python /usr/bin/python3; do
        if suits "$name"; then echo "$name"; return; fi
    done
    fail "No Python 3.11, 3.12 or 3.13 was found (python3 is $(python3 --version 2>&1 || true))." \
        "Install one, or name it: KINETOSCOPE_PYTHON=/path/to/python3.12 make run"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

apt_install() {
    command -v apt-get >/dev/null || return 1
    for pause in 2 5 0; do
        if as_root apt-get -qq update && as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install "$@"; then return; fi
        sleep "$pause"
    done
    return 1
}

make_venv() {
    if [ -x $PYTHON ] && suits $PYTHON && $PYTHON -m pip --version >/dev/null 2>&1; then return; fi
    python=$(find_python)
    rm -rf .venv
    echo "Making .venv with $python ..." >&2
    "$python" -m venv .venv && return
    # Debian keeps the part of Python that makes environments in a package of its own.
    rm -rf .venv
    { apt_install python3-venv && "$python" -m venv .venv; } ||
        fail "$python cannot make a virtual environment." "On Debian or Ubuntu: sudo apt-get install python3-venv"
}

install() {  # install NAME REQUIREMENTS FILE...: the last file is installed, all of them make the stamp
    name=$1; shift
    for last in "$@"; do :; done
    stamp=.venv/installed-$name
    wanted=$(cat "$@" | cksum)
    [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
    echo "Installing the packages of $last into .venv; this takes some minutes the first time ..." >&2
    $PYTHON -m pip install -q --disable-pip-version-check -r "$last" ||
        fail "The packages of $last could not be installed." "Read pip's message above; a second try goes on from there."
    echo "$wanted" >"$stamp"
}

find_chromium() {
    [ -n "${KINETOSCOPE_CHROMIUM:-}" ] && return
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" >/dev/null && return
    done
    [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ] ||
        [ -x /Applications/Chromium.app/Contents/MacOS/Chromium ]
}

set_up_chromium() {
    find_chromium && return
    echo "Installing Chromium for the browser tests ..." >&2
    apt_install chromium >&2 && find_chromium ||
        fail "There is no Chromium or Google Chrome here, and it could not be installed." \
            "Install one, or name its program: KINETOSCOPE_CHROMIUM=/path/to/chrome make test"
}

for part in "$@"; do
    case $part in
        program) make_venv; install program requirements.txt ;;
        tools) make_venv; install tools requirements.txt requirements-dev.txt ;;
        chromium) set_up_chromium ;;
        *) fail "There is no part named $part to set up." "There are: program, tools, chromium." ;;
    esac
done
