#!/bin/sh
# Builds the guardian for one architecture:  build.sh <x64|arm64> <output file> [compiler]
# Exit status 3: no compiler for that architecture is present.
set -eu
arch=$1 output=$2 compiler=${3:-}
source=$(cd "$(dirname "$0")" && pwd)

case $arch in
    x64) triple=x86_64-linux-gnu machine=x86_64 extra=-fcf-protection=none ;;
    arm64) triple=aarch64-linux-gnu machine=aarch64 extra=-mno-outline-atomics ;;
    *) echo "build.sh: unknown architecture '$arch'" >&2; exit 2 ;;
esac

# The host's own compiler for the host's architecture, else a cross compiler, else clang with lld, which can do both.
if [ -n "$compiler" ]; then
    command -v "$compiler" >/dev/null || exit 3
elif [ "$(uname -m)" = "$machine" ] && compiler=$(command -v cc || command -v gcc || command -v clang); then :
elif compiler=$(command -v "$triple-gcc"); then :
elif command -v ld.lld >/dev/null && compiler=$(command -v clang); then extra="$extra --target=$triple -fuse-ld=lld"
else exit 3
fi

mkdir -p "$(dirname "$output")"
# -nostdlib -static: no libc, so one file serves glibc and musl. No PIE: nothing to relocate without a loader.
# shellcheck disable=SC2086
"$compiler" -std=gnu11 -O2 -g0 -Wall -Wextra -Werror -Wno-unused-command-line-argument $extra ${GUARDIAN_CFLAGS:-} \
    -ffreestanding -fno-builtin -nostdlib -nostartfiles -static -fno-pic -fno-pie -no-pie \
    -fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-strict-aliasing \
    -ffunction-sections -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,norelro -s \
    -o "$output.new" "$source"/*.c
mv "$output.new" "$output"
