# Sourced by the install scripts beside it: takes programs out of packages of Debian, sid's unless `suite` says
# otherwise. Nothing is installed on the machine: apt works on lists, a cache and a configuration of its own, from the
# mirror that the machine already uses.
#
# The one who sources it has set `name` (how the script calls itself) and `-eu`. What cannot be had on this machine
# ends the script with 69.

suite=${suite:-sid}

give_up() {
    echo "$name: $1" >&2
    exit 69
}

# take PACKAGE FOLDER PROGRAM...: programs of a package, as files in a folder. Where all are there, nothing is done. In a
# shell of its own, so that one script can take from several packages.
take() (
    package=$1 folder=$2
    shift 2
    is_complete=yes
    for program in "$@"; do
        [ -x "$folder/$program" ] || is_complete=no
    done
    [ "$is_complete" = no ] || exit 0
    instead="put \`$*\` into target/$(basename "$folder")/"
    mkdir -p "$folder"
    work=$(mktemp -d "$folder/unpack.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 69' INT TERM
    download "$package"
    dpkg-deb --extract "$work/$package"_*.deb "$work/unpacked"
    for program in "$@"; do
        found=$work/unpacked/usr/bin/$program
        [ -x "$found" ] || give_up "\`$package\` holds no program of the name \`$program\` any more"
        mv "$found" "$folder/$program"
    done
)

# download PACKAGE[=VERSION]: a package as a file in $work. $instead says what to do where it cannot be had.
download() {
    for tool in apt-get apt-config dpkg-deb; do
        command -v "$tool" >/dev/null || give_up "\`$tool\` is missing: this needs Debian, or $instead"
    done
    # apt has parsed every form of sources; a repository of Debian proper is one that is named so, or says so.
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(RELEASE)' 'Created-By: Packages' |
        awk '$3 !~ /security/ && ($2 == "Debian" || $1 ~ /\/debian\/?$/) { print $1; exit }')
    [ -n "$mirror" ] || give_up "apt's sources name no Debian mirror: $instead"
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -r "$keyring" ] || give_up "\`$keyring\` is missing: install the package debian-archive-keyring"

    configure_apt
    apt-get -qq update >"$work/log" 2>&1 || give_up "apt cannot read $suite's package list: $(tail -n 1 "$work/log")"
    (cd "$work" && apt-get -qq download "$1") >"$work/log" 2>&1 ||
        give_up "apt cannot download \`$1\`: $(tail -n 1 "$work/log")"
}

# The machine's own configuration is left out for its hooks, which tidy the machine's cache; how it reaches the mirror
# (proxies, time limits) is kept.
configure_apt() {
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/state"
    cat >"$work/debian.sources" <<SOURCES
Types: deb
URIs: $mirror
Suites: $suite
Components: main
Signed-By: $keyring
SOURCES
    {
        apt-config dump | grep '^Acquire::' | grep -v '^Acquire::IndexTargets' || true
        cat <<CONFIG
Dir::Etc::Main "/dev/null";
Dir::Etc::Parts "/dev/null";
Dir::Etc::SourceList "$work/debian.sources";
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
}
