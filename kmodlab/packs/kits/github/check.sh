#!/bin/sh
# Checks every lesson that has a folder of its name in the repository; the reports go to reports/LESSON.xml (JUnit).
# Ends with 0 when all pass, 1 when one does not, 3 when the lab itself failed.
set -eu
here=$(dirname -- "$(readlink -f -- "$0")")
kmodlab() { if [ -n "${KMODLAB-}" ]; then "$KMODLAB" "$@"; else sh "$here/kmodlab/lab" "$@"; fi; }

all='@LESSONS@'
lessons=
for lesson in $all; do
    [ ! -d "$lesson" ] || lessons="$lessons $lesson"
done
if [ -z "$lessons" ]; then
    echo "There is no folder of a lesson here. The lessons are: $all." >&2
    exit 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_DATA_HOME="$work/data" XDG_CONFIG_HOME="$work/config"
kmodlab pack add "$here/pack"
kmodlab pack trust '@PACK@'
kmodlab pack use '@PACK@'
mkdir -p reports
worst=0
for lesson in $lessons; do
    echo "== $lesson"
    status=0
    kmodlab check "$lesson" --from "$lesson" --record "$work/$lesson.json" || status=$?
    [ ! -e "$work/$lesson.json" ] || kmodlab regrade "$work/$lesson.json" --format junit >"reports/$lesson.xml" || true
    [ "$status" -le "$worst" ] || worst=$status
done
exit "$worst"
