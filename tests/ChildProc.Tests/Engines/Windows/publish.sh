#!/usr/bin/env bash
# Publishes the tests for Windows, self-contained, with the programs that they start beside them: publish.sh DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/../../../.."
for project in ChildProc.PuppetHost ChildProc.Tests; do
    dotnet publish "tests/$project" --runtime win-x64 --self-contained --configuration Debug --output "$1" --verbosity quiet -maxcpucount:2
done
x86_64-w64-mingw32-gcc -std=gnu11 -O1 -Wall -Wextra -Werror -municode -o "$1/puppet.exe" tests/ChildProc.Puppet/windows/*.c tests/ChildProc.Puppet/verbs.c -lshell32
