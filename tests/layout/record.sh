#!/bin/sh
# Writes crates/freshwatch/layout.txt, the functions that a daemon runs, by which crates/freshwatch/build.rs has the
# linker lay out the program. To be run when what a daemon does has changed much, or when its memory has grown: a list
# that is old costs memory and nothing else. Takes some minutes, valgrind and nm (Debian: valgrind, binutils).
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$root/target/layout
list=$root/crates/freshwatch/layout.txt
cd "$root"
for tool in valgrind nm; do
    command -v "$tool" >/dev/null || { echo "tests/layout/record.sh: $tool is missing" >&2; exit 69; }
done

rm -rf "$folder" && mkdir -p "$folder"
CARGO_PROFILE_RELEASE_STRIP=none cargo build --release --locked --package freshwatch --target-dir target
cp target/release/freshwatch "$folder/freshwatch"
cat >"$folder/watched" <<END
#!/bin/sh
exec valgrind -q --tool=callgrind --demangle=no --callgrind-out-file='$folder/calls.%p' '$folder/freshwatch' "\$@"
END
chmod +x "$folder/watched"
# Sixteen seconds of two hundred probes a second on new connections, and sixteen of as many as valgrind will bear on kept
# ones, with one export at least.
cargo bench --locked --package freshwatch-tests --bench daemon -- \
    200x1s 1000x1s-kept --seconds 16 --program "$folder/watched" --contenders freshwatch

# Every function with its size, then what it has cost and how often it was called.
nm --print-size --radix=d "$folder/freshwatch" | awk 'NF == 4 && $3 ~ /[tTwW]/ { print $4, $2 + 0 }' >"$folder/sizes"
awk '
    # The name of a function is spelt out where it comes first; afterwards its number stands for it.
    function named(text,   number) {
        number = text; sub(/\).*/, ")", number)
        if (length(text) > length(number)) { sub(/^[^ ]* /, "", text); sub(/'"'"'.*/, "", text); names[number] = text }
        return names[number]
    }
    /^fn=/ { caller = named(substr($0, 4)); cost[caller] += 0; next }
    /^cfn=/ { callee = named(substr($0, 5)); next }
    /^calls=/ { split(substr($0, 7), count, " "); calls[callee] += count[1]; getline; next }
    /^[0-9+*-]/ { cost[caller] += $2 }
    END { for (name in cost) print (calls[name] >= 1000 ? 0 : 1), cost[name], name }
' "$folder"/calls.* | sort -k1,1n -k2,2nr -k3 >"$folder/ran"

# What names of different builds have in common: the hash at the end of one, and of a crate within one, are left open,
# and so is the number by which the linker's optimiser tells namesakes apart, which differs even with what is stripped.
# So a name stands for all functions that differ in that alone. One that brings along more that was never run than is
# mapped around the places at which its functions would lie otherwise, 64 KiB each, is left out.
awk '
    function open(name) { sub(/17h[0-9a-f]*E.*$/, "17h*", name); gsub(/Cs[0-9A-Za-z]*_/, "Cs*_", name); sub(/\.[0-9]+$/, ".*", name); return name }
    FILENAME ~ /sizes$/ { size[$1] = $2; all[open($1)] += $2; next }
    $3 in size { name = open($3); ran[name] += size[$3]; if (!places[name]++) order[++last] = name }
    END { for (i = 1; i <= last; i++) { name = order[i]; if (all[name] - ran[name] <= 65536 * places[name]) print name } }
' "$folder/sizes" "$folder/ran" >"$list"
echo "tests/layout/record.sh: $(wc -l <"$list") names in crates/freshwatch/layout.txt"
