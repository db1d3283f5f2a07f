//! Waves of 16 samples, squeezed into two numbers and restored.
//!
//! `autoencoder FILE` goes on from the model in the file, if there is one, and saves it.

use std::f64::consts::PI;
use std::path::Path;

use torch_exact::nn::{ConvOptions, ConvTransposeOptions, PaddingMode};
use torch_exact::optim::AdamWOptions;
use torch_exact::optim::lr_scheduler::{
    CosineAnnealingLR, LinearLR, LinearLROptions, Scheduler, SequentialLR,
};
use torch_exact::prelude::*;

#[derive(Debug)]
struct Autoencoder {
    encoder: nn::Sequential,
    decoder: nn::Sequential,
}

impl Autoencoder {
    fn new() -> Result<Self> {
        let down = ConvOptions {
            stride: 2.into(),
            padding: 1.into(),
            padding_mode: PaddingMode::Circular,
            ..Default::default()
        };
        let up = ConvTransposeOptions { stride: 2.into(), padding: 1.into(), ..Default::default() };
        let encoder = nn::Sequential::new()
            .add(nn::Conv1d::with_options(1, 4, 3, down)?)
            .add(nn::ELU::new())
            .add(nn::Conv1d::with_options(4, 8, 3, down)?)
            .add(nn::LayerNorm::new([8, 4])?)
            .add(nn::Flatten::new())
            .add(nn::Linear::new(32, 2)?)
            .add(nn::Tanh::new());
        let output_padding = ConvTransposeOptions { output_padding: 1.into(), ..up };
        let decoder = nn::Sequential::new()
            .add(nn::Linear::new(2, 32)?)
            .add(nn::Unflatten::new(1, [8, 4]))
            .add(nn::GELU::new())
            .add(nn::ConvTranspose1d::with_options(8, 4, 3, output_padding)?)
            .add(nn::SiLU::new())
            .add(nn::ConvTranspose1d::with_options(4, 1, 4, up)?);
        Ok(Self { encoder, decoder })
    }

    fn forward(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        let code = self.encoder.forward(x)?;
        Ok((self.decoder.forward(&code)?, code))
    }
}

impl Module for Autoencoder {
    parts!(encoder, decoder);
}

fn main() -> anyhow::Result<()> {
    let path = std::env::args().nth(1).expect("a file");
    random::manual_seed(2);
    let phase = number(2. * PI) * random::rand([64, 1, 1])?;
    let height = Tensor::empty([64, 1, 1], (Kind::Float, Device::Cpu)).uniform_(0.5, 1.5);
    let angle = Tensor::arange(16, (Kind::Int64, Device::Cpu)) * number(PI / 8.) + phase;
    let x = height * angle.sin();

    let model = Autoencoder::new()?;
    println!("{}", model.repr()?);
    if Path::new(&path).exists() {
        model.load_state_dict(&checkpoint::load(&path)?)?;
    }
    let criterion = nn::HuberLoss { delta: 0.5, ..Default::default() };
    let options = AdamWOptions { weight_decay: 0.05, ..optim::lr(0.01) };
    let mut optimizer = optim::AdamW::new(model.parameters(), options)?;
    let warmup = LinearLR::new(
        &mut optimizer,
        LinearLROptions { start_factor: 0.1, total_iters: 10, ..Default::default() },
    )?;
    let anneal = CosineAnnealingLR::new(&mut optimizer, 50)?;
    let mut scheduler =
        SequentialLR::new(&mut optimizer, vec![Box::new(warmup), Box::new(anneal)], &[10])?;
    for epoch in 0..60 {
        let (restored, code) = model.forward(&x)?;
        let loss = criterion.forward(&restored, &x)? + number(1e-3) * code.abs().mean(None);
        optimizer.zero_grad()?;
        loss.backward();
        let _ = nn::utils::clip_grad_norm_(model.parameters(), 1.0)?;
        optimizer.step()?;
        scheduler.step(&mut optimizer)?;
        if epoch % 10 == 9 {
            println!("{epoch} {} {}", loss.item()?, scheduler.get_last_lr().repr()?);
        }
    }
    let x = x.at(..2)?;
    let (restored, code) = no_grad(|| model.forward(&x))?;
    println!("{}", code.repr()?);
    println!("{}", (restored - x).repr()?);
    checkpoint::save(model.state_dict(), &path)?;
    Ok(())
}
