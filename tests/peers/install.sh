#!/bin/sh
# Unpacks the other probers that the benchmark of the daemon measures beside it into target/peers/.
# Nothing is installed on the machine.
#
# Exit codes: 0 the peers are there, 69 they cannot be had on this machine.
set -eu

name=tests/peers/install.sh
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/from_debian.sh"

take prometheus-blackbox-exporter "$root/target/peers" prometheus-blackbox-exporter
