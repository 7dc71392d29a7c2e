//! Which answer is judged how, and what its decoys are.

use Place::{ByJoin, BySignal, ByText, Wrong};

/// How an answer is judged.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// By the signal that is listed.
    BySignal,
    /// By the parts of a date, year, month and day, in the members of items.
    ByJoin {
        /// The path to the items.
        of: &'static str,
        /// Their members.
        parts: [&'static str; 3],
    },
    /// No signal reads the listed parts; a regex on the raw body finds the same time.
    ByText {
        /// What stands in the way.
        because: &'static str,
        regex: &'static str,
        format: &'static str,
    },
    /// It can never be fresh: `invalid`, for this reason.
    Wrong(&'static str),
}

/// Every answer has its place: a new one fails the test until somebody gives it one.
pub const PLACES: [(&str, Place); 31] = [
    ("gbfs2_station_status", BySignal),
    ("usgs_all_hour", BySignal),
    ("github_repo", BySignal),
    ("npm_inherits", BySignal),
    ("pypi_six_1.11.0", BySignal),
    ("k8s_node_conditions", BySignal),
    ("prometheus_targets", BySignal),
    ("health_draft", BySignal),
    ("coingecko_bitcoin", BySignal),
    ("open_meteo_osaka", BySignal),
    (
        "molit_apt_rent",
        ByJoin {
            of: "$.response.body.items.item[*]",
            parts: DEAL,
        },
    ),
    ("ecb_eurofxref_daily", BySignal),
    (
        "bls_ces_earnings",
        ByText {
            because: "`join` reads numbers, and the month is `M06`",
            // M13 is the annual average, no month.
            regex: r#""year":"(\d{4}","period":"M(?:0\d|1[0-2]))""#,
            format: r#"%Y","period":"M%m"#,
        },
    ),
    ("police_uk_available", BySignal),
    ("dbt_sources", Wrong("bad_timestamp")),
    ("githubstatus_summary", BySignal),
    ("socrata_michigan", BySignal),
    ("doj_press", BySignal),
    ("faa_airport_bos", Wrong("bad_timestamp")),
    ("usgs_quakes", BySignal),
    ("spark_html_warning", Wrong("not_json")),
    ("actuator_health", Wrong("no_match")),
    ("login_page", Wrong("not_json")),
    ("graphql_error_200", Wrong("no_match")),
    ("empty_array", Wrong("no_match")),
    (
        "molit_apt_trade",
        ByJoin {
            of: "$.response.body.items.item[*]",
            parts: DEAL,
        },
    ),
    ("ecos_monthly", BySignal),
    ("eurostat_quarterly", BySignal),
    ("influx_epoch_ns", BySignal),
    ("stripe_events", BySignal),
    ("atom_feed", BySignal),
];

/// Paths to the listed times in answers in XML, whose listed signals are regexes.
pub const XML_PATHS: [(&str, &str); 2] = [
    ("ecb_eurofxref_daily", "$.Envelope.Cube.Cube[*]['@time']"),
    ("atom_feed", "$.feed.updated"),
];

/// The day of a deal.
const DEAL: [&str; 3] = ["$.dealYear", "$.dealMonth", "$.dealDay"];

/// How many answers no signal but a regex reads.
pub const BY_TEXT: usize = 1;

/// Decoys that denote no instant: the answer, the path, which of many, and what a probe that falls for it says at the
/// clock at which the data is fresh.
pub const DECOYS: [(&str, &str, &str, &str); 11] = [
    ("npm_inherits", "$.time.modified", "newest", "invalid no_match"),
    (
        "prometheus_targets",
        "$.data.activeTargets[?@.health=='up'].lastScrape",
        "newest",
        "invalid no_match",
    ),
    ("open_meteo_osaka", "$.daily.time[*]", "newest", "invalid future"),
    (
        "molit_apt_trade",
        "$.response.body.items.item[*].cdealDay",
        "newest",
        "invalid no_timestamp",
    ),
    // Two namespaces hold a date as well.
    (
        "ecb_eurofxref_daily",
        r"\d{4}-\d{2}-\d{2}",
        "oldest",
        "stale too_old",
    ),
    (
        "githubstatus_summary",
        "$.incidents[*].updated_at",
        "newest",
        "invalid no_match",
    ),
    (
        "faa_airport_bos",
        "$.status.endTime",
        "newest",
        "invalid no_timestamp",
    ),
    // A regex that fits any time is fooled by a portal's; the JSONPath that was meant is not.
    (
        "login_page",
        r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z",
        "newest",
        "stale too_old",
    ),
    (
        "ecos_monthly",
        "$.StatisticSearch.row[0].TIME",
        "newest",
        "stale too_old",
    ),
    (
        "eurostat_quarterly",
        "$.dimension.time.category.label.*",
        "newest",
        "invalid naive_timestamp",
    ),
    (
        "stripe_events",
        "$.data[*].api_version",
        "newest",
        "invalid naive_timestamp",
    ),
];
