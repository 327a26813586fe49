#!/bin/sh
# Sets up the lab in the container.
set -eu
here=$(dirname -- "$(readlink -f -- "$0")")
kmodlab() { if [ -n "${KMODLAB-}" ]; then "$KMODLAB" "$@"; else sh "$here/kmodlab/lab" "$@"; fi; }

kmodlab pack trust "$here/pack"
kmodlab kernel add
