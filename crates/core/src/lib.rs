//! core

/// Data sets and how they are split.
pub mod data {
    pub mod split;
}
pub mod numpy;
