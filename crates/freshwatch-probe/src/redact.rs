//! Takes secrets out of whatever a person or a machine may read.

use std::borrow::Cow;
use std::fmt;

use url::form_urlencoded;

/// The secrets of one run, in every spelling in which an answer could echo them.
#[derive(Clone, Default)]
pub struct Redactor {
    spellings: Vec<String>,
}

/// What stands in the place of a secret.
pub const MASK: &str = "***";

impl Redactor {
    /// A redactor for these secrets: as they are, percent-encoded, form-encoded and JSON-escaped.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut spellings = Vec::new();
        for secret in secrets {
            let trimmed = secret.trim();
            for text in [secret, trimmed] {
                let form: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
                let json = serde_json::Value::from(text).to_string();
                let debug = format!("{text:?}");
                spellings.extend([
                    text.to_owned(),
                    form.replace('+', "%20"),
                    form,
                    json[1..json.len() - 1].to_owned(),
                    debug[1..debug.len() - 1].to_owned(),
                    percent_encode_path(text),
                ]);
            }
        }
        spellings.retain(|spelling| !spelling.trim().is_empty());
        // The longest first, so that a spelling that holds another is not left half shown.
        spellings.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        spellings.dedup();
        Self { spellings }
    }

    /// The text with `***` in the place of every secret.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut shown = Cow::Borrowed(text);
        for spelling in &self.spellings {
            if shown.contains(spelling.as_str()) {
                shown = Cow::Owned(shown.replace(spelling.as_str(), MASK));
            }
        }
        shown
    }
}

/// As the URL standard's path and query encoders spell it: they leave more characters alone than forms do.
fn percent_encode_path(text: &str) -> String {
    let Ok(mut url) = url::Url::parse("http://host/") else {
        return text.to_owned();
    };
    url.set_query(Some(text));
    url.query().unwrap_or(text).to_owned()
}

impl fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Redactor({} spellings)", self.spellings.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Redactor;

    #[track_caller]
    fn check(secret: &str, text: &str, shown: &str) {
        assert_eq!(Redactor::new([secret]).redact(text), shown);
    }

    #[test]
    fn every_spelling_is_masked() {
        check("s3cret", "token s3cret refused", "token *** refused");
        check("a b&c", "/x?k=a+b%26c", "/x?k=***");
        check("a b&c", "/x?k=a%20b%26c", "/x?k=***");
        check("a\"b", r#"{"k":"a\"b"}"#, r#"{"k":"***"}"#);
        check("tail\n", "tail", "***");
        check("", "nothing", "nothing");
    }

    #[test]
    fn the_longer_secret_goes_first() {
        let redactor = Redactor::new(["abc", "abcdef"]);
        assert_eq!(redactor.redact("abcdef abc"), "*** ***");
        assert!(!format!("{redactor:?}").contains("abc"));
    }
}
