//! The closed words of a test: its verdict, the code of its reason, the failure that it records.

use freshwatch_probe::observation::Cause;
use freshwatch_probe::unit_test::FAILURES;
use freshwatch_probe::verdict::{self, Verdict};

use super::super::scalar;
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::suggestion;
use crate::yaml::Node;

/// The verdict that must come of a test.
pub(super) fn verdict(node: &Node, context: &Context) -> Option<Verdict> {
    let words = Verdict::ALL.map(|verdict| (verdict.as_str(), verdict));
    scalar::word(node, &words, context)
}

/// Why no answer came.
pub(super) fn failure(node: &Node, context: &Context) -> Option<Cause> {
    scalar::word(node, &FAILURES, context)
}

/// The code of a reason. There are too many of them to list them all.
pub(super) fn reason(node: &Node, context: &Context) -> Option<verdict::Code> {
    let Some(scalar) = node.scalar().filter(|_| !node.is_null()) else {
        let help = "write the code of a reason, such as `too_old`";
        return context.refuse(scalar::wrong_type(node, "a word").help(help));
    };
    let codes = verdict::Code::ALL;
    let known = codes.iter().find(|code| code.as_str() == scalar.text);
    if let Some(code) = known {
        return Some(*code);
    }
    let near = Some(codes.iter().map(|code| code.as_str()))
        .filter(|_| context.has_time_to_suggest())
        .and_then(|codes| suggestion::nearest(&scalar.text, codes));
    let help = near.map_or_else(
        || "write a code as `freshwatch check --format json` shows it, or leave `reason` out".into(),
        |near| format!("did you mean `{near}`?"),
    );
    context.refuse(
        Found::new(
            node.place,
            Code::UnknownWord,
            format!("`{}` is not the code of a reason", scalar.text),
        )
        .help(help),
    )
}
