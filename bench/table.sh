# shellcheck shell=bash disable=SC2154
# Sourced by run.sh: keeps what was measured, one file of $work a figure and one line a round, and
# prints medians. A figure that was never kept has no row.

# field KEY: of the JSON line in $work/out.
field() { sed -nE "s/.*\"$1\":(-?[0-9.]+).*/\1/p" "$work/out"; }

last() { tail -1 "$work/$1.figures"; }
calculate() { awk "BEGIN { printf \"%.4f\n\", $1 }"; }

# keep FIGURE KEY, and the same multiplied and divided
keep() { field "$2" >>"$work/$1.figures"; }
keep_scaled() { calculate "$(field "$2") * $3 / $4" >>"$work/$1.figures"; }
keep_rate() { calculate "$3 / $(field "$2")" >>"$work/$1.figures"; }

# Of the figures kept last, which are this round's.
keep_ratio() { calculate "$(last "$2") / $(last "$3")" >>"$work/$1.figures"; }
keep_difference() { calculate "$(last "$2") - $(last "$3")" >>"$work/$1.figures"; }

heading() { printf '%-40s %10s   %-21s %-15s %s\n' '' median 'lowest to highest' target met; }

# row FIGURE WHAT ['at most'|'at least' LIMIT]
row() {
    [[ -s "$work/$1.figures" ]] || return 0
    sort -g "$work/$1.figures" | awk -v what="$2" -v relation="${3:-}" -v limit="${4:-}" '
        function shown(value) {
            return sprintf(value >= 100 || value == int(value) ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value)
        }
        { value[NR] = $1 }
        END {
            middle = NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2
            holds = relation == "at least" ? middle >= limit : middle <= limit
            met = relation == "" ? "" : holds ? "yes" : "NO"
            printf "%-40s %10s   %-21s %-15s %s\n", what, shown(middle),
                shown(value[1]) " to " shown(value[NR]), relation == "" ? "" : relation " " limit, met
        }'
}
