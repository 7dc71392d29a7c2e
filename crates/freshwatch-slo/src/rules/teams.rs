//! Who is called.

use std::fmt;

/// Whom an alert concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Whoever gets up when a service is down.
    OnCall,
    /// Whoever brings the data.
    Data,
    /// Whoever writes the service.
    Developers,
    /// Whoever runs freshwatch.
    Prober,
}

impl Audience {
    const ALL: [Self; 4] = [Self::OnCall, Self::Data, Self::Developers, Self::Prober];

    const fn as_str(self) -> &'static str {
        match self {
            Self::OnCall => "on-call",
            Self::Data => "data",
            Self::Developers => "developers",
            Self::Prober => "prober",
        }
    }
}

/// The values of the label `team`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Teams {
    named: Vec<(Audience, String)>,
}

impl Teams {
    /// Reads assignments such as `data=data-platform`; of two for the same the later one counts.
    ///
    /// # Errors
    /// A fragment that says what is wrong.
    pub fn parse<'a>(assignments: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut teams = Self::default();
        for text in assignments {
            let assigned = text.split_once('=').filter(|(_, team)| !team.is_empty());
            let (word, team) = assigned
                .ok_or_else(|| format!("`{text}` names no team: write it like `data=data-platform`"))?;
            let audience = Audience::ALL
                .into_iter()
                .find(|audience| audience.as_str() == word);
            let audience = audience
                .ok_or_else(|| format!("`{word}` is not one of on-call, data, developers, prober"))?;
            teams.named.retain(|(named, _)| *named != audience);
            teams.named.push((audience, team.to_owned()));
        }
        Ok(teams)
    }

    /// The team of an audience. A probe's own label `team` says who writes its service, unless there is one for all.
    pub(super) fn team<'a>(&'a self, audience: Audience, of_probe: Option<&'a str>) -> &'a str {
        let named = self.named.iter().find(|(named, _)| *named == audience);
        match (named, audience) {
            (Some((_, team)), _) => team,
            (None, Audience::Developers) => of_probe.unwrap_or(audience.as_str()),
            (None, Audience::OnCall | Audience::Data | Audience::Prober) => audience.as_str(),
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{Audience, Teams};

    #[test]
    fn each_audience_has_a_team() {
        let teams = Teams::parse(["data=lake", "data=platform"]).unwrap();
        assert_eq!(teams.team(Audience::Data, Some("prices")), "platform");
        assert_eq!(teams.team(Audience::OnCall, Some("prices")), "on-call");
        assert_eq!(teams.team(Audience::Developers, Some("prices")), "prices");
        assert_eq!(teams.team(Audience::Developers, None), "developers");
        let named = Teams::parse(["developers=web"]).unwrap();
        assert_eq!(named.team(Audience::Developers, Some("prices")), "web");
    }

    #[test]
    fn wrong_assignments_are_told() {
        let told = |text| Teams::parse([text]).unwrap_err();
        insta::assert_snapshot!(told("dta=x"), @r"
        `dta` is not one of on-call, data, developers, prober
        ");
        insta::assert_snapshot!(told("data"), @r"
        `data` names no team: write it like `data=data-platform`
        ");
        insta::assert_snapshot!(told("data="), @r"
        `data=` names no team: write it like `data=data-platform`
        ");
    }
}
