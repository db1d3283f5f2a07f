//! seed-recovery
