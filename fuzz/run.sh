#!/usr/bin/env bash
# Runs every fuzzer for so many seconds, several at a time.
#   run.sh BUILD-FOLDER FOUND-FOLDER SECONDS JOBS
# What reaches code that nothing reached before is kept in FOUND-FOLDER/NAME, from where the next
# run goes on; what breaks something in FOUND-FOLDER/broken. Exit status 1: something broke.
set -euo pipefail
build="$1" found="$2" seconds="$3" jobs="$4"
here="$(dirname "$(readlink -f "$0")")"
mkdir -p "$found/broken"

fuzz_one() {
    local name="$1" log="$found/$1.log" status=0
    mkdir -p "$found/$name"
    # What is read is bounded before memory is taken for it, so much never is at once.
    "$build/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 \
        -malloc_limit_mb=256 -print_final_stats=1 -artifact_prefix="$found/broken/$name-" \
        "$found/$name" "$here/corpus/$name" >"$log" 2>&1 || status=$?
    local runs
    runs="$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
    if [[ $status -eq 0 ]]; then
        printf '%-14s %12s inputs stood\n' "$name" "$runs"
        return 0
    fi
    printf '%-14s broke; the end of %s:\n' "$name" "$log"
    tail -n 60 "$log"
    return 1
}
export -f fuzz_one
export build found seconds here

ls "$here/corpus" | xargs -P "$jobs" -I NAME bash -c 'fuzz_one NAME' || {
    echo "what broke is in $found/broken" >&2
    exit 1
}
