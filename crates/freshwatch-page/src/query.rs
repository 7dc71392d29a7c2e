//! The query of a request: every parameter known, named once, and spelt right.

use url::form_urlencoded;

use crate::answer::sent;

/// The values of these parameters, in their order.
///
/// # Errors
/// A sentence that says what is wrong: what is not understood is not passed over.
pub(crate) fn read<const N: usize>(
    query: Option<&str>,
    known: [&str; N],
) -> Result<[Option<String>; N], String> {
    let query = query.unwrap_or_default();
    if !is_encoded_right(query) {
        return Err(
            "the query holds a `%` without two hexadecimal digits behind it; write `%25` for a `%`".into(),
        );
    }
    let mut values = [const { None }; N];
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if value.contains(char::REPLACEMENT_CHARACTER) {
            return Err(format!("the value of {} is not UTF-8", sent(&name)));
        }
        let Some(place) = known.iter().position(|known| *known == name) else {
            let names: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
            return Err(format!(
                "the parameter {} is not known; there are {}",
                sent(&name),
                names.join(", ")
            ));
        };
        if values[place].replace(value.into_owned()).is_some() {
            return Err(format!("the parameter {} is given twice", sent(&name)));
        }
    }
    Ok(values)
}

fn is_encoded_right(query: &str) -> bool {
    let escapes = query.split('%').skip(1);
    escapes.map(str::as_bytes).all(|behind| {
        let digits = behind.iter().take(2).filter(|byte| byte.is_ascii_hexdigit());
        digits.count() == 2
    })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[track_caller]
    fn check(query: &str, expected: Result<[Option<&str>; 2], &str>) {
        let expected = expected.map(|values| values.map(|value| value.map(str::to_owned)));
        assert_eq!(
            read(Some(query), ["a", "b"]),
            expected.map_err(str::to_owned),
            "{query}"
        );
    }

    #[test]
    fn values_are_decoded_and_mistakes_told() {
        check("", Ok([None, None]));
        check("a=1&b=", Ok([Some("1"), Some("")]));
        check("b=x%3Dy+z%26&", Ok([None, Some("x=y z&")]));
        check("%61=1", Ok([Some("1"), None]));
        let bad = "the query holds a `%` without two hexadecimal digits behind it; write `%25` for a `%`";
        for query in ["a=%", "a=%4", "a=%zz", "a=%4&b=1", "%=1"] {
            check(query, Err(bad));
        }
        check("a=%ff", Err("the value of `a` is not UTF-8"));
        check("c=1", Err("the parameter `c` is not known; there are `a`, `b`"));
        check("a=1&a=1", Err("the parameter `a` is given twice"));
    }
}
