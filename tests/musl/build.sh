#!/bin/sh
# Builds the static binary that deploy/Dockerfile puts into an empty image, for the tests that run it in an empty root:
# target/x86_64-unknown-linux-musl/release/freshwatch. The Dockerfile takes the target from Rust's own image; here it
# comes from rustup where that has it, else the standard library is built from Debian's rust-src of the same version,
# and linked with Debian's musl. Nothing is installed on the machine.
#
# Exit codes: 0 the binary is there, 69 what it takes cannot be had on this machine, else cargo's own.
set -eu

name=tests/musl/build.sh
root=$(cd "$(dirname "$0")/../.." && pwd)
target=x86_64-unknown-linux-musl
folder=$root/target/musl
instead="add the target: rustup target add $target"
. "$root/tests/from_debian.sh"

# What is tested is that it links, starts and does without a system, and not how fast it is.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1
cd "$root"

sysroot=$(rustc --print sysroot)
if [ -d "$sysroot/lib/rustlib/$target" ] && command -v musl-gcc >/dev/null; then
    exec cargo build --release --locked --package freshwatch --target "$target"
fi

[ "$(uname -m)" = x86_64 ] || give_up "this builds on x86_64 alone: $instead"
version=$(rustc --version | cut -d ' ' -f 2)
library=$folder/rust-$version/library
mkdir -p "$folder"
if ! [ -d "$library" ] || ! [ -d "$folder/usr" ]; then (
    work=$(mktemp -d "$folder/unpack.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 69' INT TERM
    # Backports keep several versions of it.
    suite=trixie-backports
    download "rust-src=$version*"
    mkdir -p "$work/source" "$folder/rust-$version"
    dpkg-deb --fsys-tarfile "$work"/rust-src_*.deb |
        tar -x -C "$work/source" --strip-components 5 "./usr/src/rustc-$version/library"
    suite=trixie
    download musl-dev
    dpkg-deb --extract "$work"/musl-dev_*.deb "$work/musl"
    rm -rf "$folder/usr" "$library"
    mv "$work/musl/usr" "$folder/usr"
    mv "$work/source" "$library"
); fi

# The compiler with the library's source where cargo looks for it.
tree=$folder/sysroot
rm -rf "$tree" && mkdir -p "$tree/lib/rustlib/src/rust" "$folder/bin" "$folder/lib"
for part in "$sysroot"/lib/*; do
    [ "${part##*/}" = rustlib ] || ln -s "$part" "$tree/lib/"
done
for part in "$sysroot"/lib/rustlib/*; do
    [ "${part##*/}" = src ] || ln -s "$part" "$tree/lib/rustlib/"
done
ln -s "$library" "$tree/lib/rustlib/src/rust/library"
printf '#!/bin/sh\nexec "%s/bin/rustc" --sysroot "%s" "$@"\n' "$sysroot" "$tree" >"$folder/bin/rustc"

# gcc with musl's headers and libraries in the place of glibc's. The unwinder that the library wants is gcc's own, with
# the one function of glibc that it calls.
sed "s#/usr/lib/x86_64-linux-musl#$folder&#g; s#/usr/include/x86_64-linux-musl#$folder&#g" \
    "$folder/usr/lib/x86_64-linux-musl/musl-gcc.specs" >"$folder/lib/musl-gcc.specs"
printf '#!/bin/sh\nexec gcc "$@" -specs "%s/lib/musl-gcc.specs" -lgcc\n' "$folder" >"$folder/bin/musl-gcc"
chmod +x "$folder/bin/rustc" "$folder/bin/musl-gcc"
cp "$(gcc -print-file-name=libgcc_eh.a)" "$folder/lib/libunwind.a"
"$folder/bin/musl-gcc" -O2 -fPIC -c -o "$folder/lib/dl_find_object.o" "$root/tests/musl/dl_find_object.c"
ar r "$folder/lib/libunwind.a" "$folder/lib/dl_find_object.o"

# Building the library is a part of cargo that is not stable, and so is asked for by name.
export PATH="$folder/bin:$PATH" RUSTC="$folder/bin/rustc" RUSTC_BOOTSTRAP=1
export CC_x86_64_unknown_linux_musl=musl-gcc CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER=musl-gcc
export CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS="-C link-self-contained=no -L native=$folder/lib"
exec cargo build --release --locked --package freshwatch --target "$target" -Zbuild-std=std,panic_unwind
