//! Digits in a row, put in order by a transformer encoder.
//!
//! `transformer FILE [DEVICE]` goes on from the model in the file, if there is one, and saves it.

use std::path::Path;

use torch_exact::device;
use torch_exact::nn::{Encode, TransformerEncoder, TransformerEncoderLayer, TransformerOptions};
use torch_exact::optim::lr_scheduler::LambdaLR;
use torch_exact::prelude::*;

#[derive(Debug)]
struct PositionalEncoding {
    dropout: nn::Dropout,
    pe: nn::Buffer,
}

impl PositionalEncoding {
    fn new(d_model: i64, length: i64) -> Result<Self> {
        let dropout = nn::Dropout::new(0.1)?;
        let int64 = (Kind::Int64, Device::Cpu);
        let position = Tensor::arange(length, int64).unsqueeze(1);
        let rate = -10000f64.ln() / d_model as f64;
        let rate = (Tensor::arange_start_step(0, d_model, 2, int64) * number(rate)).exp();
        let pe = Tensor::zeros([length, d_model], (Kind::Float, Device::Cpu));
        pe.set_at((.., ops::Index::slice(0, None, 2)), (&position * &rate).sin())?;
        pe.set_at((.., ops::Index::slice(1, None, 2)), (&position * &rate).cos())?;
        Ok(Self { dropout, pe: nn::Buffer::new(pe) })
    }
}

impl Module for PositionalEncoding {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.dropout.forward(&(x + &*self.pe))
    }

    parts!(dropout, pe);
}

#[derive(Debug)]
struct Sorter {
    embedding: nn::Embedding,
    position: PositionalEncoding,
    encoder: TransformerEncoder,
    decoder: nn::Linear,
}

impl Sorter {
    fn new(n_digits: i64, length: i64) -> Result<Self> {
        let embedding = nn::Embedding::new(n_digits, 16)?;
        let position = PositionalEncoding::new(16, length)?;
        let options =
            TransformerOptions { dim_feedforward: 32, batch_first: true, ..Default::default() };
        let layer = TransformerEncoderLayer::with_options(16, 4, options)?;
        let encoder = TransformerEncoder::new(&layer, 2, None)?;
        let decoder = nn::Linear::new(16, n_digits)?;
        Ok(Self { embedding, position, encoder, decoder })
    }
}

impl Module for Sorter {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = self.embedding.forward(x)? * number(16f64.sqrt());
        let x = self.encoder.forward(&self.position.forward(&x)?, Encode::default())?;
        self.decoder.forward(&x)
    }

    parts!(embedding, position, encoder, decoder);
}

fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let path = words.next().expect("a file");
    let device = device::select(words.next().as_deref().unwrap_or("cpu").parse()?)?.device;
    random::manual_seed(0);
    let model = Sorter::new(6, 5)?.to(device)?;
    println!("{}", model.repr()?);
    if Path::new(&path).exists() {
        model.load_state_dict(&checkpoint::load(&path)?)?;
    }
    let criterion = nn::CrossEntropyLoss::default();
    let mut optimizer = optim::AdamW::new(model.parameters(), optim::lr(5e-3))?;
    let warmup = |step: i64| ((step + 1) as f64 / 10.).min(1.);
    let mut scheduler = LambdaLR::new(&mut optimizer, warmup)?;
    model.train();
    for step in 0..60 {
        let x = random::randint(0, 6, [16, 5], Kind::Int64)?.to(device);
        let (y, _) = x.sort(1, false);
        let logits = model.forward(&x)?;
        let loss = criterion.forward(&logits.flatten(0, 1), &y.flatten(0, -1))?;
        optimizer.zero_grad()?;
        loss.backward();
        let _ = nn::utils::clip_grad_norm_(model.parameters(), 0.5)?;
        optimizer.step()?;
        scheduler.step(&mut optimizer)?;
        if step % 12 == 11 {
            let right = logits.argmax(2, false).eq_tensor(&y).to_kind(Kind::Float).mean(None);
            let (loss, right) = (loss.item()?, number(100) * right.item()?);
            println!("step {step}: loss {loss:.6}, {right:.2}% right");
        }
    }
    model.eval();
    let x = random::randint(0, 6, [3, 5], Kind::Int64)?.to(device);
    let sorted = no_grad(|| model.forward(&x))?.argmax(2, false);
    println!("{} {}", x.repr()?, sorted.repr()?);
    checkpoint::save(model.state_dict(), &path)?;
    Ok(())
}
