//! Values that do not go together, and which of them is to blame.

use crate::block::Field;
use crate::found::Found;
use crate::mistake::Code;
use crate::yaml::Place;

/// One of the values that clash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Party<'n> {
    name: &'n str,
    place: Place,
    inherited: bool,
    /// Whether another value would do.
    is_value: bool,
}

impl<'n> Party<'n> {
    /// The value of a field.
    pub fn value(field: Field<'n>) -> Self {
        Self {
            place: field.value.place(),
            is_value: true,
            ..Self::key(field)
        }
    }

    /// The key of a field, where its value does not matter.
    pub fn key(field: Field<'n>) -> Self {
        Self {
            name: &field.key.text,
            place: field.key.place,
            inherited: field.value.inherited,
            is_value: false,
        }
    }
}

/// The mistake of a value that clashes with others. It points at the probe's own: what `defaults` say may be right for
/// every other probe. `first` is the one to blame where that does not decide.
pub(crate) fn clash(first: Party, others: &[Option<Party>], code: Code, message: &str, help: &str) -> Found {
    let mut parties: Vec<Party> = others.iter().flatten().copied().collect();
    parties.insert(0, first);
    let own = parties.iter().position(|party| !party.inherited);
    let blamed = parties.remove(own.unwrap_or(0));
    let found = Found::new(blamed.place, code, message).help(help);
    let default = parties.iter().find(|party| party.inherited && !blamed.inherited);
    match (default, parties.first()) {
        (Some(default), _) => {
            let found = found.also(default.place, format!("`{}` of `defaults`", default.name));
            if default.is_value {
                found.help(format!(
                    "{help}; a value of the probe's own goes before that of `defaults`"
                ))
            } else {
                found
            }
        }
        (None, Some(other)) => found.also(other.place, format!("`{}`", other.name)),
        (None, None) => found,
    }
}
