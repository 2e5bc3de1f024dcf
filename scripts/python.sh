#!/bin/sh
# Runs a script with the first Python here that is 3.11 or newer, or with the one named in PYTHON.
new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3 python3.14 python}; do
    if new_enough "$candidate"; then
        exec "$candidate" "$@"
    fi
done
found=$("${PYTHON:-python3}" --version 2>/dev/null) || found="none"
echo "Python 3.11 or newer is needed (found: $found). Install it, or name one: make demo PYTHON=/path/to/python3.11" >&2
exit 1
