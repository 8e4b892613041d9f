#!/usr/bin/env bash
# mutants_apply.sh SOURCE [--renew]: whether each mutant's patch still applies to the core as it is, to
# the letter, so that `./dev sim --mutants` does not break unseen. --renew: writes anew those whose
# surroundings alone have changed; look at what it makes of them.
set -euo pipefail
cd "$1"

renew() {
    local patch="$1" copy file
    copy="$(mktemp -d)"
    for file in $(sed -n 's,^+++ b/,,p' "$patch"); do
        mkdir -p "$copy/a/${file%/*}" "$copy/b/${file%/*}"
        cp "$file" "$copy/a/$file"
        cp "$file" "$copy/b/$file"
    done
    patch -p1 --silent --no-backup-if-mismatch -d "$copy/b" <"$patch" || return 1
    {
        head -n 1 "$patch"
        (cd "$copy" && diff -ru a b | sed -E 's/^(---|\+\+\+) ([^\t]*)\t.*/\1 \2/; /^diff /d') || true
    } >"$copy/patch"
    cp "$copy/patch" "$patch"
    rm -r "$copy"
}

failed=0
for patch in sim/mutants/*.patch; do
    patch -p1 --dry-run --force --silent --fuzz=0 <"$patch" >/dev/null && continue
    if [[ "${2:-}" == --renew ]] && renew "$patch"; then
        printf '%s is made anew\n' "$patch"
    else
        printf '%s does not apply any more: make it anew (--renew)\n' "$patch"
        failed=1
    fi
done
exit "$failed"
