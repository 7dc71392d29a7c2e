#!/bin/sh
# Unpacks the real receivers that the end-to-end tests push to into target/receivers/. Nothing is installed on the
# machine: apt works on lists, a cache and a configuration of its own, from the mirror that the machine already uses.
#
# Exit codes: 0 the receivers are there, 69 they cannot be had on this machine.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
receivers=$root/target/receivers
package=victoria-metrics
binary=$receivers/victoria-metrics

give_up() {
    echo "tests/receivers/install.sh: $1" >&2
    exit 69
}

if [ -x "$binary" ]; then
    exit 0
fi
for tool in apt-get apt-config dpkg-deb; do
    command -v "$tool" >/dev/null || give_up "\`$tool\` is missing: this needs Debian, or put a \`victoria-metrics\` binary into target/receivers/"
done

mkdir -p "$receivers"
work=$(mktemp -d "$receivers/unpack.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 69' INT TERM

# apt has parsed every form of sources; a repository of Debian proper is one that is named so, or says so.
mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(RELEASE)' 'Created-By: Packages' |
    awk '$3 !~ /security/ && ($2 == "Debian" || $1 ~ /\/debian\/?$/) { print $1; exit }')
[ -n "$mirror" ] || give_up "apt's sources name no Debian mirror: put a \`victoria-metrics\` binary into target/receivers/"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keyring" ] || give_up "\`$keyring\` is missing: install the package debian-archive-keyring"

mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/state"
cat >"$work/sid.sources" <<SOURCES
Types: deb
URIs: $mirror
Suites: sid
Components: main
Signed-By: $keyring
SOURCES

# The machine's own configuration is left out for its hooks, which tidy the machine's cache; how it reaches the
# mirror (proxies, time limits) is kept.
{
    apt-config dump | grep '^Acquire::' | grep -v '^Acquire::IndexTargets' || true
    cat <<CONFIG
Dir::Etc::Main "/dev/null";
Dir::Etc::Parts "/dev/null";
Dir::Etc::SourceList "$work/sid.sources";
Dir::Etc::SourceParts "/dev/null";
Dir::State "$work/state";
Dir::State::Lists "$work/lists";
Dir::Cache "$work/cache";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
APT::Sandbox::User "$(id -un)";
CONFIG
} >"$work/apt.conf"
export APT_CONFIG="$work/apt.conf"

apt-get -qq update >"$work/log" 2>&1 || give_up "apt cannot read sid's package list: $(tail -n 1 "$work/log")"
(cd "$work" && apt-get -qq download "$package") >"$work/log" 2>&1 ||
    give_up "apt cannot download \`$package\`: $(tail -n 1 "$work/log")"
dpkg-deb --extract "$work/$package"_*.deb "$work/unpacked"
found=$work/unpacked/usr/bin/victoria-metrics
[ -x "$found" ] || give_up "\`$package\` holds no program of that name any more"
mv "$found" "$binary"
