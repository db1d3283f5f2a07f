//! The engine in C++ (`cpp`) and libtorch's CUDA graphs, behind a safe interface.

#![allow(unsafe_code)]

mod cuda_graph;
mod recording;
mod sys;

pub use cuda_graph::CudaGraph;
pub(crate) use recording::{
    Captured, Fit, Program, Recording, Refusal, begin_supplied, end_supplied, is_observed,
    overlook, refuse,
};
