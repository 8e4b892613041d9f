#!/usr/bin/env bash
# run_mutants.sh FOLDER: plays each mutant of the core in FOLDER until the simulator catches it.
# Fails when one survives 1,000 seeds and the scenarios, or the core itself does not pass.
set -euo pipefail
"$1/../lk-sim" --seeds 1..1000 --first
survivors=0
for mutant in "$1"/lk-sim-*; do
    name="${mutant##*/lk-sim-}"
    # A mutant may also crash, or never come to an end.
    said="$(timeout 300 "$mutant" --seeds 1..1000 --first 2>&1)" && caught="" || caught=seeds
    if [[ -z "$caught" ]]; then
        said="$(timeout 600 "$mutant" --scenarios 2>&1)" || caught=scenarios
        said="$(grep -m1 -E 'MISSED|breaks' <<<"$said" || true)"
    fi
    if [[ -z "$caught" ]]; then
        survivors=$((survivors + 1))
        printf '%-28s SURVIVES\n' "$name"
    else
        printf '%-28s caught by the %s: %s\n' "$name" "$caught" "$(head -n 1 <<<"$said")"
    fi
done
printf '%d mutants survive\n' "$survivors"
exit $((survivors > 0))
