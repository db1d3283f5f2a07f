//! libtorch
