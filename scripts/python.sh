#!/bin/sh
# Prints the first Python here that is 3.11 or newer, else plain `python3`, which setup.py then refuses with a sentence.
for candidate in python3.13 python3.12 python3.11 python3 python3.14 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        echo "$candidate"
        exit 0
    fi
done
echo python3
