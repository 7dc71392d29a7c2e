//! The core schema of YAML 1.2.2 (section 10.3.2): what a plain scalar is.

use serde_json::Number;

/// What a plain scalar is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plain {
    Null,
    Bool(bool),
    /// A number that JSON can hold without loss.
    Number(Number),
    /// A number to YAML, but not one to rely on; why not, and what to do.
    NoNumber(&'static str),
    Text,
}

/// Reads the text of a plain scalar.
pub(super) fn resolve(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "true" | "True" | "TRUE" => return Plain::Bool(true),
        "false" | "False" | "FALSE" => return Plain::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Plain::NoNumber("is not a number that JSON knows"),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Plain::NoNumber("is not a number that JSON knows");
    }
    if let Some(number) = based(text, "0x", 16).or_else(|| based(text, "0o", 8)) {
        return number;
    }
    if is_digits(unsigned) {
        return integer(text, unsigned);
    }
    if is_float(unsigned) {
        return float(text);
    }
    Plain::Text
}

fn based(text: &str, prefix: &str, radix: u32) -> Option<Plain> {
    let digits = text.strip_prefix(prefix)?;
    let all = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    all.then(|| match u64::from_str_radix(digits, radix) {
        Ok(number) => Plain::Number(number.into()),
        Err(_) => Plain::NoNumber("is too large a number to be kept exactly"),
    })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn integer(text: &str, unsigned: &str) -> Plain {
    if unsigned.len() > 1 && unsigned.starts_with('0') {
        return Plain::NoNumber("would lose its leading zeros as a number");
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    match (text.parse::<u64>(), text.parse::<i64>()) {
        (Ok(number), _) => Plain::Number(number.into()),
        (Err(_), Ok(number)) => Plain::Number(number.into()),
        (Err(_), Err(_)) => Plain::NoNumber("is too large a number to be kept exactly"),
    }
}

/// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let exponent_fits =
        exponent.is_none_or(|exponent| is_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)));
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
        None => is_digits(mantissa),
    };
    exponent_fits && mantissa_fits
}

fn float(text: &str) -> Plain {
    let number = text.parse::<f64>().ok().and_then(Number::from_f64);
    number.map_or(
        Plain::NoNumber("is too large a number to be kept exactly"),
        Plain::Number,
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Plain, resolve};

    #[test]
    fn numbers_are_what_the_core_schema_says() {
        for (text, number) in [
            ("0", json!(0)),
            ("-7", json!(-7)),
            ("+7", json!(7)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("5.", json!(5.0)),
            ("1e3", json!(1000.0)),
            ("-1.5E-3", json!(-0.0015)),
            ("18446744073709551615", json!(u64::MAX)),
        ] {
            let Plain::Number(read) = resolve(text) else {
                panic!("`{text}` is a number");
            };
            assert_eq!(json!(read), number, "{text}");
        }
    }

    #[test]
    fn yaml_1_1_is_over() {
        for text in [
            "yes",
            "no",
            "on",
            "off",
            "y",
            "1_000",
            "12:30:45",
            "0b11",
            "2026-10-20",
            "nan",
            "inf",
            "1e",
            ".",
            "-",
            "0x",
            "nUll",
        ] {
            assert_eq!(resolve(text), Plain::Text, "{text}");
        }
    }

    #[test]
    fn what_json_cannot_keep_is_no_number() {
        for text in [
            "007",
            "-01",
            "18446744073709551616",
            ".nan",
            "-.inf",
            "1e999",
            "0xFFFFFFFFFFFFFFFFF",
        ] {
            assert!(matches!(resolve(text), Plain::NoNumber(_)), "{text}");
        }
    }
}
