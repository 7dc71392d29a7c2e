//! What came of the delivery, for people.

use std::fmt::Write as _;

use freshwatch_telemetry::otlp::{Config, Delivery};

use super::json::DeliveryEntry;
use super::text::counted;

/// One line when all went well; else what went wrong, and what may help.
pub fn sentence(config: &Config, delivery: &Delivery) -> String {
    let endpoint = config.endpoint();
    let retries = match delivery.retries {
        0 => String::new(),
        1 => " after 1 retry".into(),
        retries => format!(" after {retries} retries"),
    };
    let points = usize::try_from(delivery.points_sent).unwrap_or(usize::MAX);
    let points = counted(points, "point", "points");
    let mut text = format!("delivered {points} to {endpoint}{retries}\n");
    if let Some(failure) = &delivery.failure {
        text = format!("not delivered{retries}: {}\n", failure.message);
        if let Some(hint) = &failure.hint {
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "  hint: {hint}");
        }
    }
    if let Some(rejected) = &delivery.rejected {
        let points = usize::try_from(rejected.points).unwrap_or(usize::MAX);
        let words = rejected.words.as_deref().unwrap_or("it does not say why");
        let _ = writeln!(
            text,
            "the receiver rejected {}: {words}",
            counted(points, "point", "points")
        );
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

impl From<&(&Config, Delivery)> for DeliveryEntry {
    fn from((config, delivery): &(&Config, Delivery)) -> Self {
        let delivered = delivery.delivered();
        Self {
            delivered,
            message: (!delivered).then(|| sentence(config, delivery).trim_end().to_owned()),
        }
    }
}
