#!/bin/sh
# The guardian's own tests: its parts, hosted, under AddressSanitizer and UndefinedBehaviorSanitizer. The whole program,
# freestanding and with UBSan traps, is what tests/ChildProc.Tests runs against when GUARDIAN_CFLAGS is set for the build.
# The last line is "N passed, N failed".
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc=${CC:-cc}
passed=0 failed=0

for test in *_test.c; do
    name=${test%.c}
    # CP_HOSTED_TEST leaves memcpy and its like to the C library.
    if ! "$cc" -std=gnu11 -g -O1 -Wall -Wextra -Werror -DCP_HOSTED_TEST -fsanitize=address,undefined \
        -fno-sanitize-recover=all -pthread -o "$work/$name" "$test" ../request.c ../place.c ../sweep.c ../procfs.c ../transport.c ../freestanding.c; then
        failed=$((failed + 1)); echo "$name: does not compile"; continue
    fi
    status=0
    timeout 120 "$work/$name" >"$work/out" 2>&1 || status=$?
    cat "$work/out"
    counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$work/out" | tail -n 1)
    if [ -z "$counts" ]; then failed=$((failed + 1)); echo "$name: exit status $status"; continue; fi
    passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
done

# The freestanding form: both architectures build, and with UBSan traps, too; the arm64 one runs as far as it can.
for arch in x64 arm64; do
    status=0
    ../build.sh "$arch" "$work/guardian-$arch" || status=$?
    case $status in
        0) passed=$((passed + 1)) ;;
        3) echo "skipped: no compiler for $arch" ;;
        *) failed=$((failed + 1)); echo "the guardian for $arch does not build" ;;
    esac
done
if GUARDIAN_CFLAGS="-fsanitize=undefined -fsanitize-undefined-trap-on-error" ../build.sh x64 "$work/guardian-traps"; then
    passed=$((passed + 1))
else
    failed=$((failed + 1)); echo "the guardian with UBSan traps does not build"
fi
if [ -x "$work/guardian-arm64" ] && command -v qemu-aarch64-static >/dev/null; then
    # Without its sockets it must leave by itself, with its own status: the entry, the system calls and the exit work.
    status=0
    qemu-aarch64-static "$work/guardian-arm64" 2 own 3<&- 4<&- </dev/null >/dev/null 2>&1 || status=$?
    if [ "$status" = 32 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "arm64: exit status $status instead of 32 (EPIPE)"; fi
else
    echo "skipped: no qemu-aarch64-static to run the arm64 guardian"
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
