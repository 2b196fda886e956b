#!/usr/bin/env bash
# The suite in places that are not like the developer's: anywhere.sh [TIMES [CONDITION...]], each condition so many times (1).
# The tests are built before. A table for docs/testing.md comes at the end, and the last line is "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/.."

readonly conditions=(one-core busy small-budget large-budget empty-environment nobody any-order)
readonly projects=(ChildProc.Tests ChildProc.Testing.Tests ChildProc.Telemetry.Tests)
readonly logs=$PWD/artifacts/anywhere
readonly limit=900 # seconds a run
readonly first_seed=${SEED:-$((RANDOM * 32768 + RANDOM))}
passed=0
failed=0
table=()
failures=()
scratch=$(mktemp -d)
load=
pids=()

main() {
    local -r times=${1:-1}
    local condition
    rm -rf "$logs"
    mkdir -p "$logs"
    trap stop EXIT
    for condition in "${@:2}"; do
        [[ " ${conditions[*]} " == *" $condition "* ]] || { echo "no such condition: $condition; there are ${conditions[*]}"; exit 64; }
    done
    if (($# < 2)); then set -- "$times" "${conditions[@]}"; fi
    for condition in "${@:2}"; do
        runs "$condition" "$times"
    done
    printf '\n| condition | runs | passed | failed | skipped | seconds |\n|---|---|---|---|---|---|\n'
    printf '%s\n' "${table[@]}"
    if ((${#failures[@]} > 0)); then printf '\n'; printf 'FAILED %s\n' "${failures[@]}"; fi
    printf '\n%d passed, %d failed\n' "$passed" "$failed"
    exit $((failed > 0))
}

# runs CONDITION TIMES: one after the other; within a run the projects beside each other, as `dotnet test` has them.
runs() {
    local -r condition=$1 times=$2
    local launcher=() reason="" run began project sums=(0 0 0) seconds=()
    if ! prepare; then
        printf 'SKIPPED %s: %s\n' "$condition" "$reason"
        table+=("| $condition | 0: $reason | | | | |")
        return
    fi
    for ((run = 1; run <= times; run++)); do
        if [[ $condition == any-order ]]; then
            launcher=(env "CHILDPROC_TEST_SEED=$((first_seed + run))")
        fi
        printf '== %s, run %d of %d: %s\n' "$condition" "$run" "$times" "${launcher[*]}"
        began=$SECONDS
        pids=()
        for project in "${projects[@]}"; do
            one "$project" "$logs/$condition-$run-$project" &
            pids+=($!)
        done
        wait "${pids[@]}"
        pids=()
        seconds+=($((SECONDS - began)))
        for project in "${projects[@]}"; do
            result "$project" "$logs/$condition-$run-$project"
        done
    done
    stop_load
    passed=$((passed + sums[0]))
    failed=$((failed + sums[1]))
    table+=("| $condition | $times | ${sums[0]} | ${sums[1]} | ${sums[2]} | ${seconds[*]} |")
}

# Sets `launcher` for the condition, or `reason` where it cannot be had.
prepare() {
    case $condition in
        one-core) launcher=(taskset -c 0) ;;
        busy)
            reason="no stress-ng"
            command -v stress-ng >/dev/null || return 1
            stress-ng --quiet --temp-path "$scratch" --cpu 4 --io 2 &
            load=$!
            ;;
        small-budget) launcher=(env DOTNET_GCgen0size=40000) ;;
        large-budget) launcher=(env DOTNET_GCgen0size=10000000) ;;
        empty-environment) launcher=(env -i "PATH=$PATH" ${DOTNET_ROOT:+"DOTNET_ROOT=$DOTNET_ROOT"}) ;; # a C compiler needs the path
        nobody)
            reason="no other user may run the tests here"
            launcher=(env "HOME=$scratch" setpriv --reuid=65534 --regid=65534 --clear-groups)
            ((EUID == 0)) && "${launcher[@]}" test -x "$(program ChildProc.Tests)" || return 1
            chown 65534:65534 "$scratch"
            ;;
    esac
}

program() {
    echo "$PWD/tests/$1/bin/Debug/net10.0/$1"
}

# one PROJECT LOG
one() {
    local status=0
    timeout --kill-after=10 "$limit" "${launcher[@]}" "$(program "$1")" -noColor </dev/null >"$2.log" 2>&1 &
    trap "kill $! 2>/dev/null || true" TERM
    wait $! || status=$?
    echo "$status" >"$2.status"
}

# result PROJECT LOG: adds to `sums`, tells of what failed.
result() {
    local total all errors good bad skipped name
    local -r status=$(cat "$2.status")
    total=$(grep -aoE 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+' "$2.log" | tail -n 1 | tr -cs '0-9\n' ' ') || true
    read -r all errors bad skipped <<<"${total:-0 0 0 0}"
    good=$((all - bad - skipped)) bad=$((bad + errors))
    if ((status != 0 && bad == 0)); then
        bad=1
        failures+=("$condition, run $run: $1 ended with status $status")
    fi
    while IFS= read -r name; do
        failures+=("$condition, run $run: $name")
    done < <(failed_tests "$2.log")
    sums=($((sums[0] + good)) $((sums[1] + bad)) $((sums[2] + skipped)))
    printf '%s: %d passed, %d failed, %d skipped\n' "$1" "$good" "$bad" "$skipped"
}

# The name of each in a line with the beginning of what it says.
failed_tests() {
    { grep -aE -A2 '\[FAIL\]|Cleanup Failure' "$1" || true; } |
        awk '/^--$/ { next } /\[FAIL\]|Cleanup Failure/ { if (t) print t; t = "" } { sub(/^ +/, ""); t = t $0 " " } END { if (t) print t }' | cut -c1-250
}

stop() {
    if ((${#pids[@]} > 0)); then kill "${pids[@]}" 2>/dev/null || true; fi
    stop_load
    rm -rf "$scratch"
}

stop_load() {
    if [[ -n $load ]]; then kill "$load" 2>/dev/null || true; wait "$load" 2>/dev/null || true; load=; fi
}

main "$@"
