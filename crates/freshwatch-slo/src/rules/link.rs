//! Addresses with places for what an alert is about.

/// An address such as `https://wiki.example.com/{alert}?probe={probe}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    template: String,
}

const PLACES: [&str; 3] = ["probe", "promise", "alert"];

impl Link {
    /// Reads a template with any of the places `{probe}`, `{promise}` and `{alert}`.
    ///
    /// # Errors
    /// A fragment that says what is wrong.
    pub fn parse(template: &str) -> Result<Self, String> {
        let mut rest = template;
        while let Some(at) = rest.find(['{', '}']) {
            let (name, tail) = rest[at..]
                .strip_prefix('{')
                .and_then(|inside| inside.split_once('}'))
                .ok_or_else(|| format!("`{template}` has a brace without its other half"))?;
            if !PLACES.contains(&name) {
                return Err(format!(
                    "`{{{name}}}` is not one of `{{probe}}`, `{{promise}}` and `{{alert}}`"
                ));
            }
            rest = tail;
        }
        if !template.starts_with("http://") && !template.starts_with("https://") {
            return Err(format!(
                "`{template}` is not an address: it starts with `http://` or `https://`"
            ));
        }
        Ok(Self {
            template: template.to_owned(),
        })
    }

    /// The address of what an alert is about. Probes, promises and alerts have names that need no escape in it.
    pub(super) fn fill(&self, probe: &str, promise: &str, alert: &str) -> String {
        let filled = self.template.replace("{probe}", probe);
        filled.replace("{promise}", promise).replace("{alert}", alert)
    }
}

#[cfg(test)]
mod tests {
    use super::Link;

    #[test]
    fn places_are_filled() {
        let link = Link::parse("https://a.example/{alert}/{promise}?p={probe}&q={probe}").unwrap();
        let filled = link.fill("real-price", "fresh", "ProbeNoData");
        assert_eq!(
            filled,
            "https://a.example/ProbeNoData/fresh?p=real-price&q=real-price"
        );
    }

    #[test]
    fn wrong_templates_are_told() {
        let told = |text| Link::parse(text).unwrap_err();
        insta::assert_snapshot!(told("https://a.example/{prob}"), @r"
        `{prob}` is not one of `{probe}`, `{promise}` and `{alert}`
        ");
        insta::assert_snapshot!(told("https://a.example/{probe"), @r"
        `https://a.example/{probe` has a brace without its other half
        ");
        insta::assert_snapshot!(told("a.example/{probe}"), @r"
        `a.example/{probe}` is not an address: it starts with `http://` or `https://`
        ");
    }
}
