use tch::{Device, Kind, Tensor};

use super::{
    Decode, Encode, Module, TransformerDecoder, TransformerDecoderLayer, TransformerEncoder,
    TransformerEncoderLayer, TransformerOptions, generate_square_subsequent_mask, init,
};
use crate::{Error, Result, parts};

/// What [`Transformer::forward`] takes beyond the two sequences, with Python's names and defaults.
#[derive(Debug, Clone, Copy, Default)]
pub struct TransformerArguments<'a> {
    /// The encoder's masks.
    pub src: Encode<'a>,
    /// The decoder's.
    pub tgt: Decode<'a>,
}

/// `torch.nn.Transformer`: an encoder, and a decoder that reads what it gives. `custom_encoder` and
/// `custom_decoder` are absent: both are modules of their own.
///
/// # Shapes
/// `[s, n, d_model]` and `[l, n, d_model] -> [l, n, d_model]`, with `n` first if `batch_first`, or without
/// it.
#[derive(Debug, Clone)]
pub struct Transformer {
    /// The encoder.
    pub encoder: TransformerEncoder,
    /// The decoder.
    pub decoder: TransformerDecoder,
    d_model: i64,
    batch_first: bool,
}

impl Transformer {
    /// `nn.Transformer(d_model, nhead, num_encoder_layers, num_decoder_layers, …)`; Python's defaults are
    /// 512, 8, 6 and 6.
    ///
    /// # Errors
    /// As [`TransformerEncoderLayer::with_options`].
    pub fn new(
        d_model: i64,
        nhead: i64,
        num_encoder_layers: usize,
        num_decoder_layers: usize,
        options: TransformerOptions,
    ) -> Result<Self> {
        let layer = TransformerEncoderLayer::with_options(d_model, nhead, options)?;
        let norm = options.norm(d_model)?;
        let encoder = TransformerEncoder::new(&layer, num_encoder_layers, Some(norm))?;
        let layer = TransformerDecoderLayer::with_options(d_model, nhead, options)?;
        let norm = options.norm(d_model)?;
        let decoder = TransformerDecoder::new(&layer, num_decoder_layers, Some(norm))?;
        let made = Self { encoder, decoder, d_model, batch_first: options.batch_first };
        for parameter in made.parameters().iter().filter(|parameter| parameter.dim() > 1) {
            init::xavier_uniform_(parameter, 1.)?;
        }
        Ok(made)
    }

    /// `transformer(src, tgt, src_mask, …)`.
    ///
    /// # Errors
    /// [`Error::Shape`] for sequences of other features or of two batches, and as the encoder's and the
    /// decoder's.
    pub fn forward(
        &self,
        src: &Tensor,
        tgt: &Tensor,
        arguments: TransformerArguments,
    ) -> Result<Tensor> {
        let (of_src, of_tgt) = (src.size(), tgt.size());
        let refused = |expected: String| {
            let found = format!("{of_src:?} and {of_tgt:?}");
            Err(Error::Shape { operation: "transformer", expected, found })
        };
        let batch = if self.batch_first { 0 } else { 1 };
        if of_src.len() == 3 && of_src.get(batch) != of_tgt.get(batch) {
            return refused("src and tgt of one batch".to_owned());
        }
        if [&of_src, &of_tgt].iter().any(|size| size.last() != Some(&self.d_model)) {
            return refused(format!("src and tgt of {} features", self.d_model));
        }
        let memory = self.encoder.forward(src, arguments.src)?;
        self.decoder.forward(tgt, &memory, arguments.tgt)
    }

    /// `nn.Transformer.generate_square_subsequent_mask(size)`.
    ///
    /// # Errors
    /// A negative size.
    pub fn generate_square_subsequent_mask(
        size: i64,
        dtype: Kind,
        device: Device,
    ) -> Result<Tensor> {
        generate_square_subsequent_mask(size, dtype, device)
    }
}

impl Module for Transformer {
    fn forward(&self, _: &Tensor) -> Result<Tensor> {
        let accepted = "a transformer takes two sequences: call its own forward with them";
        Err(Error::argument("input", "one tensor", accepted))
    }

    parts!(encoder, decoder);
}
