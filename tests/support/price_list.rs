//! An answer such as a price API gives, of any size: what the benchmarks ask for.

use std::fmt::Write as _;

use jiff::Timestamp;

/// A JSON body: a status, when it was updated, items, and a note that fills it up.
#[derive(Debug, Clone)]
pub struct PriceList {
    body: Vec<u8>,
    updated_at: usize,
}

/// What there is of a body beside its items, the note that fills it up included.
const BESIDE: usize = 324;

const ITEM: &str = "{\"id\":1001,\"price\":125000,\"district\":\"Jongno-gu\"}";

impl PriceList {
    /// A list of so many bytes, nearly all of them small items; 1 KiB has 14.
    pub fn of(bytes: usize) -> Self {
        let items = vec![ITEM; bytes.saturating_sub(BESIDE) / (ITEM.len() + 1)];
        Self::with(&items.join(","), bytes)
    }

    /// A list of so many bytes with so many items, each with its own name and time.
    pub fn of_items(count: usize, bytes: usize, at: Timestamp) -> Self {
        let each = bytes.saturating_sub(BESIDE) / count.max(1);
        let mut items = String::new();
        for number in 0..count {
            let comma = if number == 0 { "" } else { "," };
            let start = items.len();
            // Writing into a text cannot fail.
            let _ = write!(items, "{comma}{{\"id\":{number},\"at\":\"{at:.0}\",\"note\":\"");
            let length = items.len() - start;
            items.extend(std::iter::repeat_n('.', each.saturating_sub(length + 2)));
            items.push_str("\"}");
        }
        Self::with(&items, bytes)
    }

    fn with(items: &str, bytes: usize) -> Self {
        let mut body = "{\"status\":\"OK\",\"updatedAt\":\"".to_owned();
        let updated_at = body.len();
        let _ = write!(
            body,
            "{:.0}\",\"items\":[{items}],\"note\":\"",
            Timestamp::UNIX_EPOCH
        );
        body.extend(std::iter::repeat_n('.', bytes.saturating_sub(body.len() + 2)));
        body.push_str("\"}");
        Self {
            body: body.into_bytes(),
            updated_at,
        }
    }

    /// Its bytes, updated at this time.
    pub fn at(&self, now: Timestamp) -> Vec<u8> {
        let mut body = self.body.clone();
        let time = format!("{now:.0}");
        body[self.updated_at..][..time.len()].copy_from_slice(time.as_bytes());
        body
    }
}
