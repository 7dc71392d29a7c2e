//! A hash of a name that is the same on every machine and in every version: when a probe starts and who runs it hang
//! on it.

/// FNV-1a of 64 bits, and after it the finalizer of MurmurHash3: in FNV the last characters of a name hardly reach the
/// high bits, so that `probe-1` and `probe-2` would be neighbours.
pub fn of(name: &str) -> u64 {
    mix(fnv_1a(name))
}

fn fnv_1a(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

const fn mix(mut hash: u64) -> u64 {
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::{fnv_1a, mix};

    #[test]
    fn is_fnv_1a_as_published() {
        assert_eq!(fnv_1a(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv_1a("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv_1a("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn never_changes() {
        assert_eq!(mix(1), 0xb456_bcfc_34c2_cb2c);
    }
}
