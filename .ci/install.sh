#!/bin/sh
# Makes .venv and installs one lock into it: sh .ci/install.sh requirements.txt
# uv installs it where pip can fetch uv; else pip does. Both check every hash.
set -eu
lock=$1

# What one invocation of make exported must not leak into a build of a package.
unset MAKEFLAGS MFLAGS MAKELEVEL 2>/dev/null || true

python=.venv/bin/python
if ! "$python" -c '' 2>/dev/null; then
    base=
    for name in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
        if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            base=$name
            break
        fi
    done
    if [ -z "$base" ]; then
        echo "error: Python 3.11, 3.12 or 3.13 is needed and none was found; name one: make PYTHON=/path/to/python" >&2
        exit 1
    fi
    echo "Creating .venv with $("$base" --version) ..."
    rm -rf .venv
    if ! "$base" -m venv .venv; then
        rm -rf .venv
        echo "error: $base cannot make environments; on Debian: apt-get install python3-venv" >&2
        exit 1
    fi
fi

start=$(date +%s)
export PIP_DISABLE_PIP_VERSION_CHECK=1
if "$python" -m uv --version >/dev/null 2>&1 ||
    "$python" -m pip install --quiet --require-hashes -r requirements-installer.txt 2>/dev/null; then
    echo "Installing $lock with uv ..."
    # Compiled once here: where PYTHONDONTWRITEBYTECODE is set, every process would else compile Django and pandas anew.
    if "$python" -m uv pip install --quiet --compile-bytecode --python "$python" --require-hashes -r "$lock"; then
        touch ".venv/.installed-$lock"
        echo "Installed $lock in $(($(date +%s) - start)) s."
        exit 0
    fi
    echo "uv could not; trying pip."
fi
echo "Installing $lock with pip (about a minute) ..."
"$python" -m pip install --require-hashes -r "$lock"
touch ".venv/.installed-$lock"
echo "Installed $lock in $(($(date +%s) - start)) s."
