#!/bin/sh
# Gradescope runs this once, when it builds the autograder: it sets up the lab, and grades the reference solution.
set -eu
here=${AUTOGRADER:-/autograder}/source
kmodlab() { if [ -n "${KMODLAB-}" ]; then "$KMODLAB" "$@"; else sh "$here/kmodlab/lab" "$@"; fi; }

kmodlab pack trust "$here/pack"
kmodlab grade "$here/pack/solutions/@FOLDER@" --pack "$here/pack" --lesson '@LESSON@' -o "$(mktemp -d)"
