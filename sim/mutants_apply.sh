#!/usr/bin/env bash
# mutants_apply.sh SOURCE: whether each mutant's patch still applies to the core as it is, so that
# `./dev sim --mutants` does not break unseen.
set -euo pipefail
cd "$1"
failed=0
for patch in sim/mutants/*.patch; do
    patch -p1 --dry-run --force --silent --fuzz=0 <"$patch" >/dev/null || {
        printf '%s does not apply any more: make it anew\n' "$patch"
        failed=1
    }
done
exit "$failed"
