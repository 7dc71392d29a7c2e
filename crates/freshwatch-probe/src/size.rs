//! Sizes in bytes: `512B`, `64KiB`, `1MiB`, `10MB`.

const UNITS: [(&str, u64); 7] = [
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("kB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

/// Reads a size.
///
/// # Errors
/// A fragment that says what is wrong and how to write it.
pub fn parse(text: &str) -> Result<u64, String> {
    let form = "write it like `512B`, `64KiB`, `1MiB` or `10MB`";
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(format!("`{text}` is not a size: {form}"));
    }
    if unit.is_empty() {
        return Err(format!("`{text}` has no unit: {form}"));
    }
    let factor = match unit {
        "KB" => 1000,
        _ => UNITS
            .into_iter()
            .find_map(|(name, factor)| (name == unit).then_some(factor))
            .ok_or_else(|| format!("`{unit}` is not a unit of size: {form}"))?,
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
        .ok_or_else(|| format!("`{text}` is too large for a size"))
}

/// Shows a size in binary units: `1 MiB`, `1.5 KiB`, `312 B`.
pub fn show(bytes: u64) -> String {
    let (unit, factor) = match bytes {
        0..1024 => return format!("{bytes} B"),
        1024..1_048_576 => ("KiB", 1_u64 << 10),
        1_048_576..1_073_741_824 => ("MiB", 1 << 20),
        _ => ("GiB", 1 << 30),
    };
    let tenths = u128::from(bytes) * 10 / u128::from(factor);
    match tenths % 10 {
        0 => format!("{} {unit}", tenths / 10),
        fraction => format!("{}.{fraction} {unit}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, show};

    #[test]
    fn reads_binary_and_decimal_units() {
        for (text, bytes) in [
            ("64KiB", 65_536),
            ("1MiB", 1 << 20),
            ("10MB", 10_000_000),
            ("7B", 7),
            ("1KB", 1000),
        ] {
            assert_eq!(parse(text), Ok(bytes));
        }
        for text in [
            "",
            "64",
            "KiB",
            "1.5MiB",
            "1 MiB",
            "-1B",
            "1kib",
            "99999999999GiB",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shows_what_it_reads() {
        assert_eq!(show(312), "312 B");
        assert_eq!(show(1536), "1.5 KiB");
        assert_eq!(show(1 << 20), "1 MiB");
    }
}
