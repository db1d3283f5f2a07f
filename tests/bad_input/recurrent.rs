//! Recurrent layers, their cells and packed sequences with sizes, states and lengths that Python refuses.

use tch::Kind;
use torch_exact::nn::utils::rnn::{
    PackedSequence, pack_padded_sequence, pack_sequence, pad_packed_sequence, pad_sequence,
};
use torch_exact::nn::*;
use torch_exact::prelude::*;

use super::super::{Case, Outcome};

fn r<const N: usize>(size: [i64; N]) -> torch_exact::Result<Tensor> {
    random::rand(size)
}

fn gru(num_layers: i64, dropout: f64) -> Outcome {
    let options = RecurrentOptions { num_layers, dropout, ..Default::default() };
    GRU::with_options(2, 3, options).map(drop)
}

fn projected(proj_size: i64) -> RecurrentOptions {
    RecurrentOptions { proj_size, ..Default::default() }
}

fn rnn<const N: usize, const M: usize>(input: [i64; N], state: [i64; M]) -> Outcome {
    RNN::new(2, 3)?.forward(&r(input)?, Some(&r(state)?)).map(drop)
}

fn packed(lengths: &[i64]) -> torch_exact::Result<PackedSequence> {
    pack_padded_sequence(&r([3, 2, 1])?, lengths, false, true)
}

pub const RECURRENT: &[Case] = &[
    ("hidden size", "hidden_size is 0, but it must be greater than zero", || {
        RNN::new(2, 0).map(drop)
    }),
    ("negative hidden size", "hidden_size is -1, but it must be greater than zero", || {
        GRU::new(2, -1).map(drop)
    }),
    ("layers", "num_layers is 0, but it must be greater than zero", || {
        let options = RecurrentOptions { num_layers: 0, ..Default::default() };
        LSTM::with_options(2, 3, options).map(drop)
    }),
    ("recurrent dropout", "dropout is 1.5, but a dropout probability has to be between 0", || {
        gru(2, 1.5)
    }),
    (
        "negative recurrent dropout",
        "dropout is -0.5, but a dropout probability has to be between",
        || gru(2, -0.5),
    ),
    ("projection", "proj_size is 3, but it is zero or more and smaller than", || {
        LSTM::with_options(2, 3, projected(3)).map(drop)
    }),
    ("negative projection", "proj_size is -1, but it is zero or more and smaller than", || {
        LSTM::with_options(2, 3, projected(-1)).map(drop)
    }),
    ("projected gru", "proj_size is 1, but it is only supported for LSTM", || {
        GRU::with_options(2, 3, projected(1)).map(drop)
    }),
    ("sequence features", "a recurrent layer: expected an input of shape [*, 2], found", || {
        RNN::new(2, 3)?.forward(&r([4, 1, 3])?, None).map(drop)
    }),
    ("sequence dimensions", "a recurrent layer: expected 2D or 3D input, found 1D input", || {
        LSTM::new(2, 3)?.forward(&r([2])?, None).map(drop)
    }),
    (
        "sequence of four dimensions",
        "a recurrent layer: expected 2D or 3D input, found 4D input",
        || GRU::new(2, 3)?.forward(&r([1, 1, 1, 2])?, None).map(drop),
    ),
    ("state shape", "a recurrent layer: expected a state of shape [1, 1, 3], found", || {
        rnn([4, 1, 2], [1, 1, 4])
    }),
    ("state layers", "a recurrent layer: expected a state of shape [2, 1, 3], found", || {
        let layer =
            GRU::with_options(2, 3, RecurrentOptions { num_layers: 2, ..Default::default() });
        layer?.forward(&r([4, 1, 2])?, Some(&r([1, 1, 3])?)).map(drop)
    }),
    ("state batch", "a recurrent layer: expected a state of shape [1, 2, 3], found", || {
        GRU::new(2, 3)?.forward(&r([4, 2, 2])?, Some(&r([1, 1, 3])?)).map(drop)
    }),
    ("state dimensions", "a recurrent layer: expected a state of shape [1, 1, 3], found", || {
        rnn([4, 1, 2], [1, 3])
    }),
    ("cell state shape", "a recurrent layer: expected a state of shape [1, 1, 3], found", || {
        let (h, c) = (r([1, 1, 3])?, r([1, 1, 4])?);
        LSTM::new(2, 3)?.forward(&r([4, 1, 2])?, Some((&h, &c))).map(drop)
    }),
    ("state dtype", "input.dtype is Double, but a recurrent layer takes an input", || {
        RNN::new(2, 3)?.forward(&r([4, 1, 2])?.to_kind(Kind::Double), None).map(drop)
    }),
    ("no steps", "Expected sequence length to be larger than 0 in RNN", || {
        RNN::new(2, 3)?.forward(&r([0, 1, 2])?, None).map(drop)
    }),
    ("cell features", "input has inconsistent input_size: got 3 expected 2", || {
        RNNCell::new(2, 3)?.forward(&r([1, 3])?, None).map(drop)
    }),
    ("cell dimensions", "GRUCell: expected 1D or 2D input, found 3D input", || {
        GRUCell::new(2, 3)?.forward(&r([1, 1, 2])?, None).map(drop)
    }),
    ("cell state", "hidden0 has inconsistent hidden_size: got 4, expected 3", || {
        GRUCell::new(2, 3)?.forward(&r([1, 2])?, Some(&r([1, 4])?)).map(drop)
    }),
    ("cell state batch", "Input batch size 2 doesn't match hidden0 batch size 1", || {
        RNNCell::new(2, 3)?.forward(&r([2, 2])?, Some(&r([1, 3])?)).map(drop)
    }),
    ("lstm cell state", "hidden1 has inconsistent hidden_size: got 4, expected 3", || {
        let (h, c) = (r([1, 3])?, r([1, 4])?);
        LSTMCell::new(2, 3)?.forward(&r([1, 2])?, Some((&h, &c))).map(drop)
    }),
    ("lengths of zero", "Length of all samples has to be greater than 0, but found an", || {
        packed(&[2, 0]).map(drop)
    }),
    ("lengths in order", "`lengths` array must be sorted in decreasing order when", || {
        packed(&[1, 2]).map(drop)
    }),
    (
        "lengths of another batch",
        "Expected `len(lengths)` to be equal to batch_size, but got 1",
        || packed(&[3]).map(drop),
    ),
    ("no lengths", "Cannot pack empty tensors.", || {
        pack_padded_sequence(&r([3, 0, 1])?, &[], false, true).map(drop)
    }),
    ("pack none", "received an empty list of sequences", || pack_sequence(&[], true).map(drop)),
    ("pack in order", "`lengths` array must be sorted in decreasing order when", || {
        pack_sequence(&[r([1])?, r([2])?], true).map(drop)
    }),
    ("pack shapes", "The size of tensor a (2) must match the size of tensor b (3)", || {
        pack_sequence(&[r([2, 2])?, r([1, 3])?], true).map(drop)
    }),
    ("pad none", "received an empty list of sequences", || pad_sequence(&[], false, 0.).map(drop)),
    ("pad shapes", "The size of tensor a (2) must match the size of tensor b (3)", || {
        pad_sequence(&[r([2, 2])?, r([1, 3])?], false, 0.).map(drop)
    }),
    ("pad to fewer", "total_length is 2, but it is at least the length of the", || {
        pad_packed_sequence(&packed(&[3, 1])?, false, 0., 2).map(drop)
    }),
    ("packed features", "a recurrent layer: expected an input of shape [*, 2], found", || {
        LSTM::new(2, 3)?.forward_packed(&packed(&[3, 1])?, None).map(drop)
    }),
    ("packed state", "a recurrent layer: expected a state of shape [1, 2, 3], found", || {
        let state = r([1, 1, 3])?;
        GRU::new(1, 3)?.forward_packed(&packed(&[3, 1])?, Some(&state)).map(drop)
    }),
];
