#!/bin/sh
# Runs the benchmarks (all, or those that match the argument) and keeps their tables, the figures that are no means, and a chart of
# the ratios, in benchmarks/results.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet run -c Release --project ChildProc.Benchmarks -- --filter "${1:-*}" --job short --iterationCount 6 --launchCount 2 --artifacts "$work"
mkdir -p results
for table in "$work"/results/*-report-github.md; do
    name=$(basename "$table" -report-github.md)
    cp "$table" "results/${name##*.}.md"
done
if [ $# -eq 0 ]; then
    dotnet run -c Release --project ChildProc.Benchmarks --no-build -- figures results/Figures.md
fi
dotnet run -c Release --project ChildProc.Benchmarks --no-build -- chart results
