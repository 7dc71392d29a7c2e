//! What came of the delivery, for people.

use std::fmt::Write as _;

use freshwatch_telemetry::otlp::{Config, Delivery};

use super::json::DeliveryEntry;
use super::text::counted;

/// What came of the delivery of one signal.
#[derive(Debug)]
pub struct Delivered<'c> {
    /// Where to, and what.
    pub config: &'c Config,
    /// What came of it.
    pub delivery: Delivery,
}

impl Delivered<'_> {
    /// Whether everything was delivered that the receiver takes.
    pub fn is_delivered(&self) -> bool {
        self.delivery.delivered()
    }

    /// One line when all went well, and none when there was nothing to deliver; else what went wrong, and what may
    /// help.
    pub fn sentence(&self) -> String {
        let Self { config, delivery } = self;
        let endpoint = config.endpoint();
        let count = |items: u64| {
            let (one, many) = config.signal().item();
            counted(usize::try_from(items).unwrap_or(usize::MAX), one, many)
        };
        let retries = match delivery.retries {
            0 => String::new(),
            1 => " after 1 retry".into(),
            retries => format!(" after {retries} retries"),
        };
        let mut text = String::new();
        // Writing to a `String` cannot fail.
        if let Some(failure) = &delivery.failure {
            let _ = writeln!(text, "not delivered{retries}: {}", failure.message);
            if let Some(hint) = &failure.hint {
                let _ = writeln!(text, "  hint: {hint}");
            }
        } else if let Some(declined) = &delivery.declined {
            let _ = writeln!(
                text,
                "no {} delivered: {}",
                config.signal().as_str(),
                declined.message
            );
            if let Some(hint) = &declined.hint {
                let _ = writeln!(text, "  hint: {hint}");
            }
        } else if delivery.batches_sent > 0 {
            let _ = writeln!(
                text,
                "delivered {} to {endpoint}{retries}",
                count(delivery.points_sent)
            );
        }
        if let Some(rejected) = &delivery.rejected {
            let words = rejected.words.as_deref().unwrap_or("it does not say why");
            let _ = writeln!(text, "the receiver rejected {}: {words}", count(rejected.points));
        }
        if delivery.batches_kept > 0 {
            let batches = usize::try_from(delivery.batches_kept).unwrap_or(usize::MAX);
            let _ = writeln!(
                text,
                "{} wait on the disk for the next run",
                counted(batches, "batch", "batches")
            );
        }
        text
    }
}

impl DeliveryEntry {
    /// What came of the delivery of all signals; none: nothing was to be delivered.
    pub fn of(all: &[Delivered<'_>]) -> Option<Self> {
        let failed = || all.iter().filter(|of| !of.is_delivered());
        let message: String = failed().map(Delivered::sentence).collect();
        (!all.is_empty()).then(|| Self {
            delivered: failed().next().is_none(),
            message: (!message.is_empty()).then(|| message.trim_end().to_owned()),
        })
    }
}
