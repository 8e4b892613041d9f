#!/usr/bin/env bash
# run.sh BUILD PEERS: every figure of docs/performance.md in one run, so that the ratios mean
# something on a machine that others use too. What is compared takes turns, round by round; a ratio is
# that of one round. LK_BENCH_ROUNDS, LK_BENCH_EVENTS, LK_BENCH_LINES, LK_BENCH_SEED_EVENTS and
# LK_BENCH_IDLE_SECONDS change how much is measured.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build="$1" peers="$2"
rounds="${LK_BENCH_ROUNDS:-5}"
events="${LK_BENCH_EVENTS:-1000000}"
lines="${LK_BENCH_LINES:-1000000}"
seed_events="${LK_BENCH_SEED_EVENTS:-5000}"
idle_seconds="${LK_BENCH_IDLE_SECONDS:-10}"
work="$(mktemp -d)"
# Beside the build: on a disk, where a temporary folder may be memory.
outbox="$build/outbox"
servers=()
trap 'for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done; rm -rf "$work" "$outbox"' EXIT
source bench/table.sh

# serve NAME OPTION…: a discarding local stream; its endpoint in $work/NAME.endpoint, its
# certificate in $work/NAME.pem.
serve() {
    local name="$1"
    shift
    "$build/lk-dispatch" local --port 0 --discard "$@" >"$work/$name.pem" 2>"$work/$name.log" &
    servers+=("$!")
    echo "$!" >"$work/$name.pid"
    for _ in $(seq 600); do
        grep -q 'listening on' "$work/$name.log" && break
        sleep 0.05
    done
    sed -nE 's/.*listening on (https?:[^ ]+).*/\1/p' "$work/$name.log" | head -1 >"$work/$name.endpoint"
    [[ -s "$work/$name.endpoint" ]] || { cat "$work/$name.log" >&2; exit 1; }
}
endpoint() { cat "$work/$1.endpoint"; }

# The CPU time that a server has used, in clock ticks (proc(5)).
ticks_of() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$(cat "$work/$1.pid")/stat"; }

# dispatch SERVER STREAM HOW: one run of dispatch_cpu; what it took the server is in server_ns.
dispatch() {
    local before trust=""
    [[ ! -s "$work/$1.pem" ]] || trust="$work/$1.pem"
    before="$(ticks_of "$1")"
    "$build/bench/dispatch_cpu" "$(endpoint "$1")" "$trust" "$2" "$events" "$3" >"$work/out"
    server_ns="$(calculate "($(ticks_of "$1") - $before) * 1e9 / $(getconf CLK_TCK) / $events")"
}

serve tls --tls --print-ca --stream bench:4 --stream one:1
serve wide --tls --print-ca --stream bench:10000
serve plain --stream bench:4
awk -v lines="$lines" 'BEGIN {
    rest = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    for (i = 0; i < lines; ++i) {
        line = sprintf("{\"id\":\"%d\",\"element\":{\"title\":\"An ordinary title, number %d\",\"author\":" \
                       "\"somebody@example.org\",\"published\":true,\"votes\":%.2f,\"tags\":[\"one\"," \
                       "\"two\",\"three\"],\"body\":\"", 1000000000 + i, i, i % 1000 / 7)
        while (length(line) < 314 - 3) line = line substr(rest, 1, 314 - 3 - length(line))
        print line "\"}}"
    }
}' >"$work/lines.ndjson"

measure_dispatch() {
    dispatch plain bench cbor
    echo "$server_ns" >>"$work/server_plain.figures"
    dispatch tls bench cbor
    echo "$server_ns" >>"$work/server_tls.figures"
    keep plain cpu_ns_per_event
    keep rate events_per_second
    keep median dispatch_median_ns
    keep p99 dispatch_p99_ns
    keep dispatch_allocations dispatch_allocations
    keep allocations allocations_per_event
    "$build/bench/floor" "$(endpoint tls)" "$work/tls.pem" "$events" >"$work/out"
    keep floor cpu_ns_per_event
    keep_ratio over_floor plain floor
    dispatch tls bench aggregated
    if ! grep -q absent "$work/out"; then keep aggregated cpu_ns_per_event; fi
    dispatch tls bench json
    keep json cpu_ns_per_event
}

# send OPTION…: one run of the command over all lines.
send() {
    AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local "$build/bench/command_cost" \
        "$build/lk-dispatch" send --endpoint "$(endpoint tls)" --region us-east-1 \
        --ca-bundle "$work/tls.pem" --stream bench --producer-id server@hostname \
        --type "element inserted in collection posts" "$@" "$work/lines.ndjson" \
        >"$work/out" 2>"$work/send.log" || { cat "$work/send.log" >&2; exit 1; }
}

measure_send() {
    send
    keep_scaled send_cpu cpu_seconds 1e9 "$lines"
    keep_scaled send_memory max_resident_bytes 1 1048576
    keep_rate send_rate seconds "$lines"
    local sync
    for sync in os every-commit; do
        rm -rf "$outbox"
        send --outbox "$outbox" --outbox-sync "$sync"
        keep_rate "send_rate_$sync" seconds "$lines"
        keep_ratio "outbox_$sync" "send_rate_$sync" send_rate
    done
    keep_scaled send_memory_outbox max_resident_bytes 1 1048576
}

measure_scale() {
    dispatch tls one cbor
    keep one_shard cpu_ns_per_event
    dispatch wide bench cbor
    keep many_shards cpu_ns_per_event
    keep_ratio shards many_shards one_shard
    local keys
    for keys in 1 1000 1000000; do
        "$build/bench/live_keys" "$keys" 1000000 >"$work/out"
        keep "keys_$keys" cpu_ns_per_event
    done
    keep_ratio keys_from_1 keys_1000000 keys_1
    keep_ratio keys_from_1000 keys_1000000 keys_1000
}

measure_memory() {
    "$build/bench/outstanding" 1000000 >"$work/out"
    keep outstanding over_event_and_key
    keep outstanding_record over_record
    "$build/bench/idle" "$(endpoint tls)" "$work/tls.pem" "$idle_seconds" >"$work/out"
    keep wake_ups wake_ups
    keep_scaled idle_memory resident_bytes 1 1048576
    "$build/bench/bare_request" "$(endpoint tls)" "$work/tls.pem" >"$work/out"
    keep_scaled bare_memory resident_bytes 1 1048576
    keep_difference idle_more idle_memory bare_memory
    "$build/bench/streams" "$(endpoint plain)" 200 >"$work/out"
    keep_scaled stream_memory bytes_per_stream 1 1024
    keep_scaled client_memory bytes_per_client 1 1024
    keep threads threads
    "$build/bench/memory_bound" >"$work/out"
    keep_scaled budget budget_bytes 1 1048576
    keep_scaled most_memory most_bytes 1 1048576
    keep_scaled most_memory_outbox with_outbox 1 1048576
    keep_scaled most_client_cbor client_cbor 1 1048576
    keep_scaled most_client_json client_json 1 1048576
}

measure_driver() {
    "$build/bench/driver_share" "$events" >"$work/out"
    keep driver driver_ns_per_event
    "$build/bench/lone_event" "$(endpoint plain)" 5000 >"$work/out"
    keep lone median_us
    keep bare_lone bare_median_us
    keep lone_ratio ratio
}

measure_seed() {
    [[ -d "$peers/node_modules" ]] || return 0
    cp bench/seed_dispatch.js "$work/"
    NODE_EXTRA_CA_CERTS="$work/tls.pem" NODE_PATH="$(cd "$peers" && pwd)/node_modules" \
        AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE=1 \
        node "$work/seed_dispatch.js" "$(endpoint tls)" "$seed_events" >"$work/out"
    keep seed cpu_ns_per_event
    keep_ratio over_seed seed plain
}

load_before="$(cut -d' ' -f1-3 /proc/loadavg)"
for round in $(seq "$rounds"); do
    printf 'round %s of %s\n' "$round" "$rounds" >&2
    measure_dispatch
    measure_send
    measure_scale
    measure_driver
    measure_memory
    measure_seed
done

printf '%s rounds of %s events with 300 bytes of data; %s cores; load %s before, %s after\n\n' \
    "$rounds" "$events" "$(nproc)" "$load_before" "$(cut -d' ' -f1-3 /proc/loadavg)"
heading
row plain 'CPU an event, plain (ns)' 'at most' 1500
row aggregated 'CPU an event, aggregated (ns)' 'at most' 2500
row floor 'the floor: bare libcurl (ns)'
row over_floor 'plain over the floor' 'at most' 1.3
row json 'CPU an event, JSON on the wire (ns)'
row rate 'events/s from one thread'
row median 'dispatch(): median (ns)' 'at most' 400
row p99 'dispatch(): p99 (ns)' 'at most' 2000
row dispatch_allocations 'dispatch(): allocations an event' 'at most' 0.01
row allocations 'allocations an event, all threads'
row driver "the driver's own share (ns)" 'at most' 200
row send_cpu 'send: CPU a line (ns)' 'at most' 1800
row send_rate 'send: lines/s'
row send_memory 'send: most memory (MiB)' 'at most' 176
row outbox_os 'send --outbox-sync os: rate over without' 'at least' 0.8
row outbox_every-commit 'every-commit: rate over without' 'at least' 0.5
row send_memory_outbox 'send with an outbox: memory (MiB)'
row outstanding '1,000,000 outstanding, over data + key' 'at most' 1.3
row outstanding_record '1,000,000 outstanding, over the records'
row shards '1 to 10,000 shards: CPU grows by' 'at most' 1.3
row keys_from_1 '1 to 1,000,000 live keys: CPU grows by' 'at most' 1.3
row keys_from_1000 '1,000 to 1,000,000 live keys: by' 'at most' 1.3
row lone 'one event alone, plain HTTP (µs)'
row bare_lone 'a bare POST of the same bytes (µs)'
row lone_ratio 'one event over a bare POST' 'at most' 1.3
row server_plain 'local --discard: CPU a record (ns)' 'at most' 1000
row server_tls 'the same over TLS (ns)'
row wake_ups "idle: wake-ups in $idle_seconds s" 'at most' 0
row idle_memory 'idle: memory (MiB)'
row idle_more 'idle: more than bare libcurl (MiB)' 'at most' 4
row stream_memory 'one more stream (KiB)'
row client_memory 'one more client with a stream (KiB)'
row threads 'threads of 401 streams on 201 clients'
row budget 'budget_bytes, the default (MiB)'
row most_memory 'the most with it, by formula (MiB)'
row most_memory_outbox 'the same with an outbox (MiB)'
row most_client_cbor 'its client on top, by formula (MiB)'
row most_client_json 'the same with JSON on the wire (MiB)'
row seed 'lk-dispatch 1.1.0 on Node: CPU (ns)'
row over_seed 'lk-dispatch 1.1.0 over plain'

printf '\nthe parts (CPU time each)\n'
"$build/bench/micro_bench" --benchmark_counters_tabular=true 2>/dev/null
