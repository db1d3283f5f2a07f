//! Digits of 8 by 8 pixels, shifted and noisy, told apart by a small convolutional network.
//!
//! `digits FILE` goes on from the model in the file, if there is one, and saves it.

use std::path::Path;

use torch_exact::nn::{ConvOptions, Padding};
use torch_exact::optim::SGDOptions;
use torch_exact::optim::lr_scheduler::{OneCycleLR, OneCycleLROptions};
use torch_exact::prelude::*;

const FONT: [[i64; 7]; 10] = [
    [14, 17, 19, 21, 25, 17, 14],
    [4, 12, 4, 4, 4, 4, 14],
    [14, 17, 1, 2, 4, 8, 31],
    [31, 2, 4, 2, 1, 17, 14],
    [2, 6, 10, 18, 31, 2, 2],
    [31, 16, 30, 1, 1, 17, 14],
    [6, 8, 16, 30, 17, 17, 14],
    [31, 1, 2, 4, 8, 8, 8],
    [14, 17, 17, 14, 17, 17, 14],
    [14, 17, 17, 15, 1, 2, 12],
];

#[derive(Debug)]
struct Net {
    features: nn::Sequential,
    classifier: nn::Linear,
}

impl Net {
    fn new() -> Result<Self> {
        let padding = ConvOptions { padding: 1.into(), ..Default::default() };
        let same = ConvOptions { padding: Padding::Same, bias: false, ..Default::default() };
        let features = nn::Sequential::new()
            .add(nn::Conv2d::with_options(1, 8, 3, padding)?)
            .add(nn::BatchNorm2d::new(8)?)
            .add(nn::ReLU::new())
            .add(nn::MaxPool2d::new(2))
            .add(nn::Conv2d::with_options(8, 16, 3, same)?)
            .add(nn::BatchNorm2d::new(16)?)
            .add(nn::ReLU::new())
            .add(nn::Dropout2d::new(0.1)?)
            .add(nn::AdaptiveAvgPool2d::new(2));
        let classifier = nn::Linear::new(64, 10)?;
        Ok(Self { features, classifier })
    }
}

impl Module for Net {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = self.features.forward(x)?;
        self.classifier.forward(&x.flatten(1, -1))
    }

    parts!(features, classifier);
}

fn main() -> anyhow::Result<()> {
    let path = std::env::args().nth(1).expect("a file");
    random::manual_seed(0);
    let glyphs = tensor(FONT)?.unsqueeze(2).floor_divide(&tensor([16, 8, 4, 2, 1])?).remainder(2);
    let n = 120;
    let labels = random::randint(0, 10, [n], Kind::Int64)?;
    let rows = random::randint(0, 2, [n], Kind::Int64)?;
    let columns = random::randint(0, 4, [n], Kind::Int64)?;
    let images = Tensor::zeros([n, 1, 8, 8], (Kind::Float, Device::Cpu));
    for i in 0..n {
        let (row, column) = (rows.int64_value(&[i]), columns.int64_value(&[i]));
        let glyph = glyphs.at(&labels.at(i)?)?;
        images.set_at((i, 0, row..row + 7, column..column + 5), &glyph)?;
    }
    images.add_(&(number(0.2) * random::randn([n, 1, 8, 8])?))?;
    let train_dl = DataLoader::new(
        TensorDataset::new([&images.at(..100)?, &labels.at(..100)?])?,
        DataLoaderOptions { shuffle: true, ..20.into() },
    )?;

    let model = Net::new()?;
    println!("{}", model.repr()?);
    if Path::new(&path).exists() {
        model.load_state_dict(&checkpoint::load(&path)?)?;
    }
    let momentum = SGDOptions { momentum: 0.9, nesterov: true, ..optim::lr(0.1) };
    let mut optimizer = optim::SGD::new(model.parameters(), momentum)?;
    let epochs = 8;
    let mut scheduler = OneCycleLR::new(
        &mut optimizer,
        OneCycleLROptions {
            epochs: Some(epochs),
            steps_per_epoch: Some(train_dl.len() as i64),
            ..0.1.into()
        },
    )?;
    let mut predicted = Tensor::new();
    for epoch in 0..epochs {
        model.train();
        let mut loss = Tensor::new();
        for batch in &train_dl {
            let [xb, yb] = batch?;
            loss = F::cross_entropy(&model.forward(&xb)?, &yb)?;
            optimizer.zero_grad()?;
            loss.backward();
            optimizer.step()?;
            scheduler.step(&mut optimizer)?;
        }
        model.eval();
        predicted = no_grad(|| model.forward(&images.at(100..)?))?.argmax(1, false);
        let right = predicted.eq_tensor(&labels.at(100..)?).sum(Kind::Int64).item()?;
        let (loss, lr) = (loss.item()?, number(scheduler.get_last_lr()[0]));
        println!("epoch {epoch}: loss {loss:.6}, {right} of 20, lr {lr:.3e}");
    }
    println!("{}", predicted.repr()?);
    checkpoint::save(model.state_dict(), &path)?;
    Ok(())
}
