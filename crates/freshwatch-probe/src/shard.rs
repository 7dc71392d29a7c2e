//! Which of several freshwatches runs a probe.
//!
//! Jump consistent hashing (Lamping and Veach, <https://arxiv.org/abs/1406.2294>) of the probe's name: each probe is in
//! one shard alone, shards are about equally large, and where a last shard is added, probes move to that one alone. It
//! fits a StatefulSet, which numbers its pods from 0 on and adds and takes away the last.

use std::fmt;
use std::str::FromStr;

use crate::definition::ProbeName;
use crate::stable_hash;

/// More shards than this are a mistake: each would have a handful of probes.
const MOST: u32 = 1024;

/// One of several shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    count: u32,
}

impl Shard {
    /// Its number, from 0 on.
    pub const fn index(self) -> u32 {
        self.index
    }

    /// How many there are.
    pub const fn count(self) -> u32 {
        self.count
    }

    /// Whether a probe is in it.
    pub fn holds(self, probe: &ProbeName) -> bool {
        jump(stable_hash::of(probe.as_str()), self.count) == self.index
    }
}

impl FromStr for Shard {
    type Err = String;

    /// Reads `0/3`, the first of three.
    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| {
            text.parse::<u32>()
                .ok()
                .filter(|_| text.bytes().all(|c| c.is_ascii_digit()))
        };
        let read = text
            .split_once('/')
            .and_then(|(index, count)| Some((number(index)?, number(count)?)));
        match read {
            None => Err(format!("`{text}` is no shard: write the first of three as `0/3`")),
            Some((_, 0)) => Err(format!(
                "`{text}` is one of no shards: write the only one as `0/1`"
            )),
            Some((_, count)) if count > MOST => Err(format!("`{text}` is one of more than {MOST} shards")),
            Some((index, count)) if index >= count => Err(format!(
                "`{text}` is not among the {count}: they are counted from 0 to {}",
                count - 1
            )),
            Some((index, count)) => Ok(Self { index, count }),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.count)
    }
}

/// The shard of a key, as the paper has it, in whole numbers: what floating point makes of a division need not be the
/// same everywhere. `(bucket + 1) << 31` stays below 2^42.
fn jump(mut key: u64, count: u32) -> u32 {
    let (mut bucket, mut next) = (0, 0);
    while next < u64::from(count) {
        bucket = next;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        next = ((bucket + 1) << 31) / ((key >> 33) + 1);
    }
    u32::try_from(bucket).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Shard, jump};
    use crate::definition::ProbeName;
    use crate::stable_hash;

    fn shard_of(name: &str, count: u32) -> u32 {
        jump(stable_hash::of(name), count)
    }

    #[track_caller]
    fn refused(text: &str) -> String {
        text.parse::<Shard>().unwrap_err()
    }

    #[test]
    fn is_written_from_0_on() {
        let shard: Shard = "2/3".parse().unwrap();
        assert_eq!(
            (shard.index(), shard.count(), shard.to_string()),
            (2, 3, "2/3".into())
        );
        insta::assert_snapshot!(refused("3/3"), @"`3/3` is not among the 3: they are counted from 0 to 2");
        insta::assert_snapshot!(refused("0/0"), @"`0/0` is one of no shards: write the only one as `0/1`");
        insta::assert_snapshot!(refused("$(POD_INDEX)/3"), @"`$(POD_INDEX)/3` is no shard: write the first of three as `0/3`");
        insta::assert_snapshot!(refused("0/5000"), @"`0/5000` is one of more than 1024 shards");
        for text in [
            "",
            "1",
            "/",
            "0/",
            "-1/3",
            "+1/3",
            "0/3/4",
            " 0/3",
            "0/99999999999",
        ] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    /// A change here moves probes of every user from one prober to another.
    #[test]
    fn never_changes() {
        let names = ["real-price", "a", "probe-1", "probe-2", "chat", "search"];
        assert_eq!(names.map(|name| shard_of(name, 3)), [1, 1, 2, 1, 1, 0]);
        assert_eq!(names.map(|name| shard_of(name, 10)), [6, 5, 9, 6, 9, 6]);
    }

    #[test]
    fn shards_are_about_equally_large() {
        for count in [2, 3, 7, 16] {
            let mut sizes = vec![0_i32; count as usize];
            for number in 0..10_000 {
                sizes[shard_of(&format!("probe-{number}"), count) as usize] += 1;
            }
            let fair = 10_000 / i32::try_from(count).unwrap();
            // Five standard deviations of a fair draw.
            let far = |size: &i32| f64::from(size - fair).abs() > 5.0 * f64::from(fair).sqrt();
            assert!(!sizes.iter().any(far), "{sizes:?}");
        }
    }

    proptest! {
        #[test]
        fn each_probe_is_in_one_shard(name in "[a-z][a-z0-9-]{0,40}[a-z0-9]", count in 1_u32..=64) {
            let name = ProbeName::parse(&name).unwrap();
            let holds = |index: &u32| Shard { index: *index, count }.holds(&name);
            prop_assert_eq!((0..count).filter(holds).count(), 1);
        }

        #[test]
        fn with_one_more_shard_probes_move_to_that_one_alone(name in "[a-z0-9]{1,20}", count in 1_u32..=1023) {
            let (before, after) = (shard_of(&name, count), shard_of(&name, count + 1));
            prop_assert!(after == before || after == count);
        }
    }
}
