//! Options of a schedule as a table: a struct, and its entries in a state dictionary.

/// Makes an options struct of fields and the names that PyTorch has for them in a state dictionary.
macro_rules! schedule_options {
    (
        $(#[$doc:meta])* $Options:ident;
        $($(#[$field_doc:meta])* $field:ident: $type:ident, $name:literal;)*
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $Options {
            $($(#[$field_doc])* pub $field: $type,)*
            /// The index of the last epoch, -1 by default: the start.
            pub last_epoch: i64,
        }

        impl $Options {
            fn to_entries(self) -> Vec<(&'static str, $crate::optim::StateValue)> {
                vec![$(($name, schedule_value!($type, self.$field))),*]
            }

            fn read(&mut self, entries: &$crate::optim::Entries) -> $crate::Result<()> {
                use $crate::optim::state_dict::Read as _;
                $(entries.load($name, &mut self.$field, |entries, name| {
                    schedule_value!($type, entries, name)
                })?;)*
                Ok(())
            }
        }
    };
}

/// A field's value in a state dictionary, or from there.
macro_rules! schedule_value {
    (f64, $value:expr) => {
        $crate::optim::StateValue::Float($value)
    };
    (i64, $value:expr) => {
        $crate::optim::StateValue::Int($value)
    };
    (f64, $entries:ident, $name:ident) => {
        $entries.number($name)
    };
    (i64, $entries:ident, $name:ident) => {
        $entries.integer($name)
    };
}

/// What a [`Schedule`](super::Schedule) says of options that `schedule_options` made.
macro_rules! of_schedule_options {
    () => {
        fn last_epoch(&self) -> i64 {
            self.last_epoch
        }

        fn entries(&self) -> Vec<(&'static str, $crate::optim::StateValue)> {
            self.to_entries()
        }

        fn load(&mut self, entries: &$crate::optim::Entries) -> $crate::Result<()> {
            self.read(entries)
        }
    };
}
