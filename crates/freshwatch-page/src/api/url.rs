//! The URL of a probe as a stranger may read it.

use freshwatch_probe::shown_url;
use freshwatch_probe::template::Template;

/// The URL without credentials, secrets and the values of its query.
pub(super) fn shown(url: &Template) -> String {
    shown_url::shown(&url.to_string())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use freshwatch_probe::template::{Part, Secret, Template};

    use super::shown;

    #[test]
    fn placeholders_stay_masked() {
        let value = Secret::new("hunter2");
        let template = Template::new(vec![
            Part::Literal("https://".into()),
            Part::Env {
                name: "LOGIN".into(),
                value,
            },
            Part::Literal("@a.example/".into()),
            Part::File(PathBuf::from("token")),
            Part::Literal("/".into()),
            Part::Nonce,
            Part::Hidden(Secret::new("hunter3")),
        ]);
        assert_eq!(shown(&template), "https://a.example/***/${nonce}***");
    }
}
