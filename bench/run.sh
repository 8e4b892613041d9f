#!/usr/bin/env bash
# run.sh BUILD PEERS: all benchmarks in one run, so that their ratios mean something on a machine
# that others use too. Figures are of this machine and this moment.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build="$1" peers="$(cd "$2" && pwd)"
events="${LK_BENCH_EVENTS:-500000}"
seed_events="${LK_BENCH_SEED_EVENTS:-5000}"
work="$(mktemp -d)"
server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

echo "== the parts (CPU time each)"
"$build/bench/micro_bench" --benchmark_counters_tabular=true 2>/dev/null

echo
echo "== the whole: dispatch to acknowledgement over TLS, against the discarding local stream"
"$build/lk-dispatch" local --port 0 --tls --print-ca --discard --stream bench:4 \
    >"$work/ca.pem" 2>"$work/log" &
server=$!
for _ in $(seq 200); do grep -q 'listening on' "$work/log" && break; sleep 0.05; done
endpoint="$(sed -nE 's/.*listening on (https:[^ ]+).*/\1/p' "$work/log" | head -1)"
[[ -n $endpoint ]] || { cat "$work/log" >&2; exit 1; }

field() { sed -nE "s/.*\"$2\":([0-9.]+).*/\1/p" "$1"; }
printf '%-34s %12s %12s %14s %12s\n' "" "CPU ns/event" "events/s" "dispatch() ns" "p99 ns"
row() {
    printf '%-34s %12s %12s %14s %12s\n' "$1" "$(field "$2" cpu_ns_per_event)" \
        "$(field "$2" events_per_second)" "$(field "$2" dispatch_median_ns)" "$(field "$2" dispatch_p99_ns)"
}
for round in 1 2 3; do
    for format in cbor json; do
        "$build/bench/dispatch_cpu" "$endpoint" "$work/ca.pem" "$events" "$format" >"$work/$format.$round"
        row "lk-dispatch, $format" "$work/$format.$round"
    done
    cp bench/seed_dispatch.js "$work/"
    NODE_EXTRA_CA_CERTS="$work/ca.pem" NODE_PATH="$peers/node_modules" AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE=1 \
        node "$work/seed_dispatch.js" "$endpoint" "$seed_events" >"$work/seed.$round"
    row "lk-dispatch 1.1.0 on Node" "$work/seed.$round"
done
echo "allocations an event (cbor): $(field "$work/cbor.3" allocations_per_event)"
awk -v seed="$(field "$work/seed.3" cpu_ns_per_event)" -v ours="$(field "$work/cbor.3" cpu_ns_per_event)" \
    'BEGIN { printf "the seed costs %.0f times the CPU of ours (last round)\n", seed / ours }'
