#!/bin/sh
# Recompiles requirements*.txt from requirements*.in with hashes, in an environment thrown away afterwards.
# Pins stay as they are; `make lock UPGRADE=1` moves them to the newest versions.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

scripts/python.sh -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pip-tools
for name in requirements requirements-demo requirements-dev requirements-conformance; do
    echo "Compiling $name.txt ..."
    "$work/venv/bin/pip-compile" --quiet --generate-hashes --strip-extras --allow-unsafe --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
        ${UPGRADE:+--upgrade} --output-file "$name.txt" "$name.in"
done
