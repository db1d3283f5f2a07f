/// What libtorch or the loader said when a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("libtorch, {operation}: {message}")]
pub struct Error {
    /// The operation that was asked for, as PyTorch names it.
    pub operation: &'static str,
    /// The first words of the C++ exception, without its backtrace.
    pub message: String,
}
