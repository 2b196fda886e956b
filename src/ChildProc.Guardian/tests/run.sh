#!/bin/sh
# The guardian's own tests: its parts, hosted, under AddressSanitizer and UndefinedBehaviorSanitizer; once more on musl, and
# for arm64 under qemu, where these are at hand. The whole program, freestanding and with UBSan traps, is what
# tests/ChildProc.Tests runs against when GUARDIAN_CFLAGS is set for the build.
# The last line is "N passed, N failed".
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "$*"; }

# hosted FORM RUNNER EMULATED COMPILER FLAG...: every *_test.c in that form.
hosted() {
    form=$1 runner=$2 emulated=$3
    shift 3
    for test in *_test.c; do
        name="${test%.c} ($form)"
        case $test in
            supervise_test.c) parts="../spawn.c ../tree.c" ;;
            *) parts= ;;
        esac
        # CP_HOSTED_TEST leaves memcpy and its like to the C library.
        # shellcheck disable=SC2086
        if ! "$@" -std=gnu11 -g -O1 -Wall -Wextra -Werror -DCP_HOSTED_TEST -pthread -o "$work/test" "$test" \
            ../request.c ../place.c ../sweep.c ../procfs.c ../transport.c ../freestanding.c $parts; then
            bad "$name: does not compile"; continue
        fi
        status=0
        # shellcheck disable=SC2086
        timeout 120 $runner "$work/test" $emulated >"$work/out" 2>&1 || status=$?
        sed "s/^/$name: /" "$work/out"
        counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$work/out" | tail -n 1)
        if [ -z "$counts" ]; then bad "$name: exit status $status"; continue; fi
        passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
    done
}

hosted sanitized "" "" "${CC:-cc}" -fsanitize=address,undefined -fno-sanitize-recover=all
if command -v musl-gcc >/dev/null; then hosted musl "" "" musl-gcc -static; else echo "skipped: no musl-gcc for the tests on musl"; fi
if command -v qemu-aarch64-static >/dev/null && command -v aarch64-linux-gnu-gcc >/dev/null; then
    hosted "arm64 under qemu" qemu-aarch64-static emulated aarch64-linux-gnu-gcc -static
else
    echo "skipped: no aarch64-linux-gnu-gcc or no qemu-aarch64-static for the tests on arm64"
fi

# The freestanding form: both architectures build, and with UBSan traps, too; the arm64 one runs as far as it can.
for arch in x64 arm64; do
    status=0
    ../build.sh "$arch" "$work/guardian-$arch" || status=$?
    case $status in
        0) good ;;
        3) echo "skipped: no compiler for $arch" ;;
        *) bad "the guardian for $arch does not build" ;;
    esac
done
case $(uname -m) in aarch64) own=arm64 ;; *) own=x64 ;; esac
if GUARDIAN_CFLAGS="-fsanitize=undefined -fsanitize-undefined-trap-on-error" ../build.sh "$own" "$work/guardian-traps"; then good; else bad "the guardian with UBSan traps does not build"; fi
if [ -x "$work/guardian-arm64" ] && command -v qemu-aarch64-static >/dev/null; then
    # Without its sockets it must leave by itself, with its own status: the entry, the system calls and the exit work.
    status=0
    qemu-aarch64-static "$work/guardian-arm64" 2 own 3<&- 4<&- </dev/null >/dev/null 2>&1 || status=$?
    if [ "$status" = 32 ]; then good; else bad "arm64: exit status $status instead of 32 (EPIPE)"; fi
else
    echo "skipped: no qemu-aarch64-static to run the arm64 guardian"
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
