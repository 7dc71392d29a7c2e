//! The reader of timestamps: the first byte says which format and zone, the rest is the value, as a text and, where it
//! is JSON, as that.
#![no_main]

use freshwatch_probe::freshness::Format;
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const FORMATS: [&str; 8] = [
    "auto", "rfc3339", "http", "unix", "unix_ms", "unix_us", "unix_ns", "pattern",
];
const ZONES: [Option<&str>; 4] = [
    None,
    Some("Asia/Seoul"),
    Some("America/New_York"),
    Some("Australia/Lord_Howe"),
];

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(rest) else {
        return;
    };
    let (word, text) = match FORMATS[usize::from(choice % 8)] {
        // Its first line is the pattern.
        "pattern" => text.split_once('\n').unwrap_or((text, "2026-11-22")),
        word => (word, text),
    };
    let zone = ZONES[usize::from(choice / 8 % 4)].and_then(zone);
    let Ok(format) = Format::parse(word) else { return };
    read(&format, &Value::from(text), zone.as_ref());
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        read(&format, &value, zone.as_ref());
    }
});

fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

fn read(format: &Format, value: &Value, zone: Option<&TimeZone>) {
    let Ok(moment) = format.read(value, zone) else {
        return;
    };
    assert!(moment.start() <= moment.end(), "{value} ends before it begins");
    // Where another reader understands the whole instant, both mean the same.
    if let (Format::Rfc3339, Value::String(text)) = (format, value)
        && let Ok(other) = text.parse::<Timestamp>()
    {
        assert_eq!(moment.end(), other, "{text}");
    }
}
