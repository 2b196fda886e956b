#!/bin/sh
# Publishes the Quickstart as a NativeAOT (without and with event sources), a single-file and a trimmed application and runs each.
#   publish-check.sh OUTPUT_DIRECTORY
# The last line is "N passed, N failed".
set -u
output=$1
project=$(dirname "$0")/Quickstart.csproj
case $(uname -m) in aarch64) rid=linux-arm64 ;; *) rid=linux-x64 ;; esac
passed=0 failed=0

check() {
    form=$1
    shift
    if dotnet publish "$project" -c Release -r "$rid" -o "$output/$form" "$@" >"$output/$form.log" 2>&1 &&
        ! grep -E 'warning (IL|AOT)[0-9]+' "$output/$form.log" &&
        "$output/$form/Quickstart" >"$output/$form.out" 2>&1 && "$output/$form/Quickstart" --telemetry >>"$output/$form.out" 2>&1; then
        passed=$((passed + 1)); echo "$form: ok"
    else
        failed=$((failed + 1)); echo "$form: FAILED"; tail -n 30 "$output/$form.log"; [ ! -f "$output/$form.out" ] || cat "$output/$form.out"
    fi
}

mkdir -p "$output"
check native -p:PublishAot=true -p:EventSourceSupport=false
check native-events -p:PublishAot=true -p:EventSourceSupport=true
check single-file -p:PublishSingleFile=true --self-contained
check trimmed -p:PublishTrimmed=true --self-contained
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
