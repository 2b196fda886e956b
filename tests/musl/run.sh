#!/bin/sh
# The Quickstart and the tests on musl: published for linux-musl-x64 with .NET's own runtime for it, and run with Debian's
# musl. Debian has no libstdc++ for musl, so glibc's is used with the few names that musl lacks: see glibc_names.c.
#   run.sh OUTPUT_DIRECTORY [TEST_RUNNER_ARGUMENT...]
# Exit status 77: it cannot be built here, and the output says why. Else the last line is "N passed, N failed".
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
output=$(cd "$1" && pwd)
shift
passed=0 failed=0
export DOTNET_CLI_UI_LANGUAGE=en MSBUILDDISABLENODEREUSE=1

cannot() { echo "skipped: $*"; exit 77; }
good() { passed=$((passed + 1)); echo "$1: ok"; }
bad() { failed=$((failed + 1)); echo "$1: FAILED"; }

# A library of this machine, by its name.
library() {
    for directory in /lib/x86_64-linux-gnu /usr/lib/x86_64-linux-gnu /lib64 /usr/lib64; do
        if [ -e "$directory/$1" ]; then echo "$directory/$1"; return; fi
    done
}

libraries() {
    libraries=$output/lib
    rm -rf "$libraries"
    mkdir -p "$libraries"
    for name in libstdc++.so.6 libssl.so.3 libcrypto.so.3 libz.so.1 libgcc_s.so.1; do
        found=$(library "$name")
        [ -n "$found" ] || cannot "no $name"
        cp -L "$found" "$libraries/$name"
    done
    # Ours comes first and brings the real one along, under another name.
    mv "$libraries/libgcc_s.so.1" "$libraries/libgcc_debian.so"
    musl-gcc -shared -fPIC -Wl,-soname,libgcc_debian.so -o "$output/libgcc_debian.so" -x c /dev/null
    musl-gcc -shared -fPIC -O2 -fno-builtin -Wall -Wextra -Werror -Wl,-soname,libgcc_s.so.1 -o "$libraries/libgcc_s.so.1" \
        "$root/tests/musl/glibc_names.c" -Wl,--no-as-needed "$output/libgcc_debian.so"
    musl-gcc -shared -fPIC -o "$libraries/ld-linux-x86-64.so.2" -x c /dev/null # that the others name, and nobody calls
}

# publish PROJECT NAME [PROPERTY...]
publish() {
    project=$1 name=$2
    shift 2
    dotnet publish "$root/$project" -c Release -r linux-musl-x64 --self-contained -p:InvariantGlobalization=true \
        -o "$output/$name" "$@" >"$output/$name.log" 2>&1 || { tail -n 30 "$output/$name.log"; return 1; }
}

[ "$(uname -m)" = x86_64 ] || cannot "not an x64 machine"
command -v musl-gcc >/dev/null || cannot "no musl-gcc (Debian: musl-tools)"
libraries
if ! dotnet restore "$root/tests/ChildProc.Tests" -r linux-musl-x64 -p:SelfContained=true >"$output/restore.log" 2>&1; then
    cat "$output/restore.log"
    cannot "the packages of .NET for linux-musl-x64 cannot be restored"
fi

# The kernel's headers are not musl's own: behind its own.
if musl-gcc -std=gnu11 -O1 -Wall -Wextra -Werror -static -pthread -idirafter /usr/include -idirafter /usr/include/x86_64-linux-gnu \
    -o "$output/puppet" "$root"/tests/ChildProc.Puppet/*.c; then good puppet; else bad puppet; fi

if publish samples/Quickstart quickstart && LD_LIBRARY_PATH=$libraries timeout 120 "$output/quickstart/Quickstart" >"$output/quickstart.out" 2>&1
then good quickstart; else bad quickstart; cat "$output/quickstart.out" || true; fi

if publish tests/ChildProc.PuppetHost host &&
    publish tests/ChildProc.Tests tests "-p:PuppetPath=$output/puppet" "-p:PuppetHostPath=$output/host/ChildProc.PuppetHost"; then
    grep -q /lib/ld-musl-x86_64.so.1 "$output/tests/ChildProc.Tests" || bad "tests: not a program for musl"
    status=0
    LD_LIBRARY_PATH=$libraries timeout 800 "$output/tests/ChildProc.Tests" "$@" >"$output/tests.out" 2>&1 || status=$?
    cat "$output/tests.out"
    set -- $(sed -nE 's/.*Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+),.*/\1 \2 \3 \4/p' "$output/tests.out" | tail -n 1)
    if [ $# = 4 ]; then passed=$((passed + $1 - $3 - $4)) failed=$((failed + $2 + $3)); else bad "tests: exit status $status"; fi
else
    bad tests
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
