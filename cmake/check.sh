#!/usr/bin/env bash
# ./dev check: formatting, layering, clang-tidy, and a build with warnings as errors.
# check.sh BUILD_FOLDER JOBS [FILE…]: clang-tidy only looks at these, where given.
set -euo pipefail
build="$1" jobs="$2"
shift 2
failed=0
say() { printf '== %s\n' "$*" >&2; }

mapfile -t sources < <(git ls-files '*.cpp' '*.hpp')

say "formatting (${#sources[@]} files)"
clang-format --dry-run -Werror "${sources[@]}" || failed=1

say "layering"
# A room's headers are reached through its own include path, so a forbidden include does not
# compile; what could go round that is a relative path.
if git grep -nE '#include "\.\.?/' -- '*.cpp' '*.hpp'; then
    echo "include other rooms as \"room/file.hpp\"" >&2
    failed=1
fi
# Third-party headers stay inside the .cpp files of the room that owns them.
if git grep -nE '#include <(curl|openssl|sqlite3|boost|simdjson)' -- 'include/*.hpp'; then
    echo "the public headers show the standard library alone (adapters have headers of their own)" >&2
    failed=1
fi

# The core is a state machine. It, and what it is made of, is told the time and does nothing by itself.
mapfile -t core < <(git ls-files 'src/pipeline/core*.[ch]pp' | grep -vE '_(test|script)\.')
for ((i = 0; i < ${#core[@]}; i++)); do
    for room_file in $(sed -nE 's/^#include "(pipeline\/[^"]+)\.hpp".*/src\/\1/p' "${core[i]}"); do
        for file in "$room_file".hpp "$room_file".cpp; do
            [[ -f $file && " ${core[*]} " != *" $file "* ]] && core+=("$file")
        done
    done
done
if git grep -nE 'clock::now|_now_ms\(|<(mutex|thread|atomic|condition_variable|fstream|iostream|unistd\.h|sys/[a-z]+\.h)>' -- "${core[@]:?}"; then
    echo "the core has no clock, thread, lock or I/O: give it what it needs as an argument" >&2
    failed=1
fi

say "warnings as errors"
cmake --build "$build" -j "$jobs" >/dev/null || failed=1

say "clang-tidy"
# It reads the commands that were written for GCC, whose warnings Clang does not all know.
if [[ $# -gt 0 ]]; then
    tidied=("$@")
else
    mapfile -t tidied < <(git ls-files 'src/*.cpp' 'local/*.cpp' 'cli/*.cpp' ':!*_test.cpp')
fi
printf '%s\0' "${tidied[@]}" |
    xargs -0 -P "$jobs" -n 4 clang-tidy --quiet -p "$build" \
        --extra-arg=-Wno-unknown-warning-option 2> >(grep -vE "^[0-9]+ warnings? generated|^Suppressed|^Use -header-filter" >&2) ||
    failed=1

[[ $failed -eq 0 ]] && say "all well" || { say "something is wrong, see above"; exit 1; }
