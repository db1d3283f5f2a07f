//! Options of an optimizer as a table: a struct with Python's defaults, and its entries in
//! `param_groups`.

use crate::optim::state_dict::{Entries, INT_ZERO, Read, StateValue};
use crate::{Error, Result};

/// An option's type.
pub(in crate::optim) trait OptionValue: Sized {
    /// The value as in `param_groups`.
    fn entry(self, default: Self) -> StateValue;

    /// The value from `param_groups`.
    fn read(entries: &Entries, name: &str, default: Self) -> Result<Self>;
}

/// Whether a default is an int in PyTorch.
fn is_int_zero(default: f64) -> bool {
    default.to_bits() == INT_ZERO.to_bits()
}

impl OptionValue for f64 {
    fn entry(self, default: Self) -> StateValue {
        if is_int_zero(default) { StateValue::number(self) } else { StateValue::Float(self) }
    }

    fn read(entries: &Entries, name: &str, default: Self) -> Result<Self> {
        if is_int_zero(default) { entries.number_or_int_zero(name) } else { entries.number(name) }
    }
}

impl OptionValue for (f64, f64) {
    /// In a pair, PyTorch writes a whole default as an `int`: the 50 of Rprop's `step_sizes`.
    fn entry(self, default: Self) -> StateValue {
        let entry = |value: f64, default: f64| match value == default && value.fract() == 0. {
            true => StateValue::Int(value as i64),
            false => StateValue::Float(value),
        };
        StateValue::Tuple(vec![entry(self.0, default.0), entry(self.1, default.1)])
    }

    fn read(entries: &Entries, name: &str, _: Self) -> Result<Self> {
        let all = entries.numbers(name)?;
        let &[first, second] = all.as_slice() else {
            let sentence = format!("{name}: expected two, found {}", all.len());
            return Err(Error::StateDict(sentence));
        };
        Ok((first, second))
    }
}

impl OptionValue for (Option<f64>, f64) {
    fn entry(self, _: Self) -> StateValue {
        let first = self.0.map_or(StateValue::None, StateValue::Float);
        StateValue::Tuple(vec![first, StateValue::Float(self.1)])
    }

    fn read(entries: &Entries, name: &str, _: Self) -> Result<Self> {
        if let StateValue::Tuple(values) = entries.value(name)?
            && let [StateValue::None, StateValue::Float(second)] = values.as_slice()
        {
            return Ok((None, *second));
        }
        let (first, second) = OptionValue::read(entries, name, (0., 0.))?;
        Ok((Some(first), second))
    }
}

impl OptionValue for (f64, f64, f64) {
    fn entry(self, _: Self) -> StateValue {
        StateValue::Tuple([self.0, self.1, self.2].map(StateValue::Float).into())
    }

    fn read(entries: &Entries, name: &str, _: Self) -> Result<Self> {
        let all = entries.numbers(name)?;
        let &[first, second, third] = all.as_slice() else {
            let sentence = format!("{name}: expected three, found {}", all.len());
            return Err(Error::StateDict(sentence));
        };
        Ok((first, second, third))
    }
}

impl OptionValue for bool {
    fn entry(self, _: Self) -> StateValue {
        StateValue::Bool(self)
    }

    fn read(entries: &Entries, name: &str, _: Self) -> Result<Self> {
        entries.switch(name)
    }
}

impl OptionValue for Option<bool> {
    fn entry(self, _: Self) -> StateValue {
        self.map_or(StateValue::None, StateValue::Bool)
    }

    fn read(entries: &Entries, name: &str, _: Self) -> Result<Self> {
        entries.choice(name)
    }
}

impl OptionValue for i64 {
    fn entry(self, _: Self) -> StateValue {
        StateValue::Int(self)
    }

    fn read(entries: &Entries, name: &str, _: Self) -> Result<Self> {
        entries.integer(name)
    }
}

impl OptionValue for Option<i64> {
    fn entry(self, _: Self) -> StateValue {
        self.map_or(StateValue::None, StateValue::Int)
    }

    fn read(entries: &Entries, name: &str, _: Self) -> Result<Self> {
        match entries.value(name)? {
            StateValue::None => Ok(None),
            _ => entries.integer(name).map(Some),
        }
    }
}

/// What is a `str` in PyTorch.
pub(in crate::optim) trait Named: Copy + PartialEq + 'static {
    const NAMES: &'static [(&'static str, Self)];
}

impl<T: Named> OptionValue for Option<T> {
    fn entry(self, _: Self) -> StateValue {
        let name = T::NAMES.iter().find(|(_, value)| Some(*value) == self);
        name.map_or(StateValue::None, |&(name, _)| StateValue::Str(name.to_owned()))
    }

    fn read(entries: &Entries, name: &str, _: Self) -> Result<Self> {
        let value = entries.value(name)?;
        if matches!(value, StateValue::None) {
            return Ok(None);
        }
        let text = entries.text(name)?;
        let known = T::NAMES.iter().find(|(known, _)| *known == text);
        let unknown = || Error::StateDict(format!("{name}: it cannot be {text}"));
        known.map(|&(_, value)| Some(value)).ok_or_else(unknown)
    }
}

/// The entries that a table names: `name`, of an option; `name=1`, of one whose default is this int in
/// PyTorch; `name=False` or `name=None`, of what is not offered.
pub(in crate::optim) fn entries(
    table: &'static str,
    value: impl Fn(&str) -> Option<StateValue>,
) -> Vec<(&'static str, StateValue)> {
    let entry = |entry: &'static str| {
        let (name, default) = entry.split_once('=').unwrap_or((entry, ""));
        let value = match (value(name), default) {
            (Some(StateValue::Float(value)), whole) => match whole.parse::<i32>() {
                Ok(whole) if f64::from(whole).to_bits() == value.to_bits() => {
                    StateValue::Int(whole.into())
                }
                _ => StateValue::Float(value),
            },
            (Some(value), _) => value,
            (None, "False") => StateValue::Bool(false),
            (None, _) => StateValue::None,
        };
        (name, value)
    };
    table.split(' ').map(entry).collect()
}

/// Refuses a state made with what a table does not offer.
pub(in crate::optim) fn refuse_others(entries: &Entries, table: &'static str) -> Result<()> {
    let others = table
        .split(' ')
        .filter_map(|entry| entry.strip_suffix("=False").or_else(|| entry.strip_suffix("=None")));
    entries.refuse(&others.collect::<Vec<_>>())
}

/// Makes an options struct of its fields and their defaults, and of the table of its [`entries`] in
/// Python's order.
macro_rules! optimizer_options {
    (
        $(#[$doc:meta])* $Options:ident: $table:literal;
        $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr,)*
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
        pub struct $Options {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Default for $Options {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl $Options {
            fn to_entries(self) -> Vec<(&'static str, $crate::optim::StateValue)> {
                use $crate::optim::grouped::{self, OptionValue as _};
                grouped::entries($table, |name| match name {
                    $(stringify!($field) => Some(self.$field.entry($default)),)*
                    _ => None,
                })
            }

            fn read(entries: &$crate::optim::Entries) -> $crate::Result<Self> {
                use $crate::optim::grouped::{self, OptionValue};
                grouped::refuse_others(entries, $table)?;
                Ok(Self { $($field: OptionValue::read(entries, stringify!($field), $default)?,)* })
            }
        }
    };
}

/// What an [`Algorithm`](super::Algorithm) says of options that [`optimizer_options`] made; those of
/// `single` have no `foreach`.
macro_rules! of_options {
    () => {
        fn foreach(&self) -> Option<bool> {
            self.foreach
        }

        of_options!(@all);
    };
    (single) => {
        fn foreach(&self) -> Option<bool> {
            Some(false)
        }

        of_options!(@all);
    };
    (@all) => {
        fn lr(&mut self) -> &mut f64 {
            &mut self.lr
        }

        fn entries(&self) -> Vec<(&'static str, $crate::optim::StateValue)> {
            self.to_entries()
        }

        fn from_entries(entries: &$crate::optim::Entries) -> $crate::Result<Self> {
            Self::read(entries)
        }
    };
}
