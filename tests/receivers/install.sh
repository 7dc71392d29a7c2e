#!/bin/sh
# Unpacks the real receivers that the end-to-end tests push to into target/receivers/. Nothing is installed on the
# machine.
#
# Exit codes: 0 the receivers are there, 69 they cannot be had on this machine.
set -eu

name=tests/receivers/install.sh
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/from_debian.sh"

take victoria-metrics victoria-metrics "$root/target/receivers/victoria-metrics"
