#!/usr/bin/env bash
# run_mutants.sh FOLDER: plays each mutant of the core in FOLDER until a seed catches it. Fails when
# one survives 1,000 seeds, or the core itself does not pass them.
set -euo pipefail
"$1/../lk-sim" --seeds 1..1000 --first
survivors=0
for mutant in "$1"/lk-sim-*; do
    name="${mutant##*/lk-sim-}"
    code=0
    said="$(timeout 600 "$mutant" --seeds 1..1000 --first 2>&1)" || code=$?
    # 1: a promise was broken. 128 and up: it crashed. 124: it never came to an end, which nobody
    # would have understood.
    if [[ $code -eq 0 || $code -eq 124 ]]; then
        survivors=$((survivors + 1))
        printf '%-28s SURVIVES (%s)\n' "$name" "$([[ $code -eq 0 ]] && echo '1,000 seeds' || echo 'did not end')"
    else
        printf '%-28s caught by %s\n' "$name" "$(head -n 1 <<<"$said")"
    fi
done
printf '%d mutants survive\n' "$survivors"
exit $((survivors > 0))
