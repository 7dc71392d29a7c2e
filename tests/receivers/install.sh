#!/bin/sh
# Unpacks the real receivers that the end-to-end tests push to into target/receivers/, and promtool, with which they
# check what is written for Prometheus. Nothing is installed on the machine.
#
# Exit codes: 0 the receivers are there, 69 they cannot be had on this machine.
set -eu

name=tests/receivers/install.sh
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/from_debian.sh"

folder=$root/target/receivers
take victoria-metrics "$folder" victoria-metrics vmagent
take prometheus "$folder" prometheus
take promtool "$folder" promtool

# rotel, a small OpenTelemetry collector, ships as a binary inside of a Python package. It is linked with the Python of
# Debian 12.
collector=$folder/rotel
if [ ! -x "$collector" ]; then
    command -v python3 >/dev/null || give_up "\`python3\` is missing: put a \`rotel\` binary into target/receivers/"
    work=$(mktemp -d "$folder/unpack.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    python3 -m pip --quiet download --no-deps --only-binary=:all: --implementation cp --python-version 3.11 \
        --platform manylinux_2_34_x86_64 --dest "$work" rotel==0.0.1a15 >"$work/log" 2>&1 ||
        give_up "pip cannot download \`rotel\`: $(tail -n 1 "$work/log")"
    (cd "$work" && python3 -m zipfile -e rotel-*.whl unpacked)
    chmod +x "$work/unpacked/rotel/rotel-agent"
    "$work/unpacked/rotel/rotel-agent" --version >"$work/log" 2>&1 ||
        give_up "rotel does not start, it needs the package libpython3.11: $(tail -n 1 "$work/log")"
    mv "$work/unpacked/rotel/rotel-agent" "$collector"
fi
