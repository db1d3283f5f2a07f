//! core

pub mod repr;
