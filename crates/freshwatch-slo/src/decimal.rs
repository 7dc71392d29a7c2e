//! Exact decimals: what people write as `99.9%` or `14.4` stays that, and is never 0.9990000000000001.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, Mul, Sub};

use freshwatch_probe::definition::Ratio;

/// An exact decimal number.
///
/// Two that are equal are equal however they were written: `0.10` is `0.1`. There are at most [`MOST_DECIMALS`] digits
/// after the point and twelve before it in what is read; sums and products of a few of these fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// The number times ten to the power of `decimals`; its last digit is not 0 unless `decimals` is 0.
    digits: i128,
    decimals: u32,
}

/// So many digits after the point can be read.
pub const MOST_DECIMALS: usize = 9;

const MOST_WHOLE_DIGITS: usize = 12;

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self::whole(0);
    /// All of it.
    pub const ONE: Self = Self::whole(1);

    /// A whole number.
    pub const fn whole(number: i64) -> Self {
        Self {
            // `From` is not const.
            digits: number as i128,
            decimals: 0,
        }
    }

    /// So many hundredths.
    pub const fn percent(hundredths: i64) -> Self {
        // Those that end in zeros are not normal yet.
        let digits = hundredths as i128;
        if digits % 100 == 0 {
            Self::whole(hundredths / 100)
        } else if digits % 10 == 0 {
            Self {
                digits: digits / 10,
                decimals: 1,
            }
        } else {
            Self { digits, decimals: 2 }
        }
    }

    /// A number of parts, of which so many powers of ten make one: `new(144, 1)` is 14.4.
    pub fn new(digits: i128, decimals: u32) -> Self {
        let mut number = Self { digits, decimals };
        while number.decimals > 0 && number.digits % 10 == 0 {
            number.digits /= 10;
            number.decimals -= 1;
        }
        number
    }

    /// Reads a number such as `14.4` or `-3`.
    ///
    /// # Errors
    /// A fragment that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a decimal number: write it like `14.4`");
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(fraction) {
            return Err(wrong());
        }
        if fraction.len() > MOST_DECIMALS {
            return Err(format!("`{text}` has more than {MOST_DECIMALS} decimals"));
        }
        if whole.len() > MOST_WHOLE_DIGITS {
            return Err(format!(
                "`{text}` has more than {MOST_WHOLE_DIGITS} digits before the point"
            ));
        }
        let digits: i128 = format!("{whole}{fraction}").parse().map_err(|_| wrong())?;
        let signed = if text.starts_with('-') { -digits } else { digits };
        let decimals = u32::try_from(fraction.len()).map_err(|_| wrong())?;
        Ok(Self::new(signed, decimals))
    }

    /// A share between 0 and 1, from a percentage.
    pub fn of_ratio(ratio: Ratio) -> Self {
        Self::new(i128::from(ratio.parts_per_million()), 6)
    }

    /// This divided by another, with at most so many decimals: exact where they suffice, else rounded up, away from
    /// minus infinity. `None`: by zero.
    pub fn divided_up(self, by: Self, decimals: u32) -> Option<Self> {
        let (mut numerator, mut denominator) = aligned(self, by);
        if denominator == 0 {
            return None;
        }
        if denominator < 0 {
            (numerator, denominator) = (-numerator, -denominator);
        }
        let scaled = numerator.checked_mul(power(decimals))?;
        let rounded = scaled.div_euclid(denominator) + i128::from(scaled.rem_euclid(denominator) != 0);
        Some(Self::new(rounded, decimals))
    }

    /// The largest whole number that is not above this.
    pub fn floor(self) -> i128 {
        self.digits.div_euclid(power(self.decimals))
    }

    /// The nearest float: for comparing with what was measured, which is one.
    pub fn to_f64(self) -> f64 {
        // Reading digits is correctly rounded, dividing by a power of ten would round twice.
        self.to_string().parse().unwrap_or(f64::NAN)
    }
}

const fn power(decimals: u32) -> i128 {
    10_i128.pow(decimals)
}

/// The digits of both with the same number of decimals.
fn aligned(one: Decimal, other: Decimal) -> (i128, i128) {
    let decimals = one.decimals.max(other.decimals);
    let digits = |number: Decimal| number.digits * power(decimals - number.decimals);
    (digits(one), digits(other))
}

impl Add for Decimal {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let (one, two) = aligned(self, other);
        Self::new(one + two, self.decimals.max(other.decimals))
    }
}

impl Sub for Decimal {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        let (one, two) = aligned(self, other);
        Self::new(one - two, self.decimals.max(other.decimals))
    }
}

impl Mul for Decimal {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self::new(self.digits * other.digits, self.decimals + other.decimals)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let (one, two) = aligned(*self, *other);
        one.cmp(&two)
    }
}

impl fmt::Display for Decimal {
    /// All digits and no more: `0.0144`, `-3`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = power(self.decimals).unsigned_abs();
        let digits = self.digits.unsigned_abs();
        let whole = digits / scale;
        let text = match usize::try_from(self.decimals) {
            Ok(0) | Err(_) => format!("{whole}"),
            Ok(width) => format!("{whole}.{:0width$}", digits % scale),
        };
        formatter.pad_integral(self.digits >= 0, "", &text)
    }
}

#[cfg(test)]
mod tests {
    use freshwatch_probe::definition::Ratio;
    use proptest::prelude::*;

    use super::Decimal;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn what_is_read_is_shown_without_zeros_that_say_nothing() {
        for (text, shown) in [
            ("14.4", "14.4"),
            ("-3", "-3"),
            ("0.10", "0.1"),
            ("-0.05", "-0.05"),
            ("007.000", "7"),
            ("0", "0"),
            ("-0", "0"),
        ] {
            assert_eq!(decimal(text).to_string(), shown);
        }
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "1e3",
            "+1",
            "1,5",
            "0.1234567890",
            "1234567890123",
            "NaN",
            "٣",
        ] {
            assert!(Decimal::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn arithmetic_is_exact() {
        let target = Decimal::of_ratio(Ratio::parse_percentage("99.9%").unwrap());
        let allowed = Decimal::ONE - target;
        assert_eq!(allowed.to_string(), "0.001");
        assert_eq!((decimal("14.4") * allowed).to_string(), "0.0144");
        assert_eq!((decimal("0.1") + decimal("0.2")).to_string(), "0.3");
        assert_eq!(decimal("14.4").floor(), 14);
        assert_eq!(decimal("-0.5").floor(), -1);
    }

    #[test]
    fn division_is_exact_or_rounded_up() {
        let divided = |one: &str, by: &str| decimal(one).divided_up(decimal(by), 6).map(|it| it.to_string());
        assert_eq!(divided("14.4", "1").as_deref(), Some("14.4"));
        assert_eq!(divided("1", "3").as_deref(), Some("0.333334"));
        assert_eq!(divided("-1", "3").as_deref(), Some("-0.333333"));
        assert_eq!(divided("1", "-3").as_deref(), Some("-0.333333"));
        assert_eq!(divided("1", "0"), None);
    }

    proptest! {
        #[test]
        fn order_and_text_agree_with_the_numbers(one in -1_000_000_000_i64..1_000_000_000, two in -1_000_000_000_i64..1_000_000_000, scale in 0_u32..9) {
            let (a, b) = (Decimal::new(one.into(), scale), Decimal::new(two.into(), scale));
            prop_assert_eq!(a.cmp(&b), one.cmp(&two));
            prop_assert_eq!(decimal(&a.to_string()), a);
            prop_assert_eq!(a + b - b, a);
        }
    }
}
