//! Word embeddings from a short text: skip-gram with negative sampling.
//!
//! `skipgram FILE [DEVICE]` goes on from the model in the file, if there is one, and saves it.

use std::collections::BTreeSet;
use std::path::Path;

use torch_exact::device;
use torch_exact::optim::SGDOptions;
use torch_exact::prelude::*;

const TEXT: &str =
    "the king rules the land and the queen rules the land the dog guards the house and the cat
guards the house the king and the queen live in the house the dog and the cat live in the land";

#[derive(Debug)]
struct SkipGram {
    input: nn::Embedding,
    output: nn::Embedding,
}

impl SkipGram {
    fn new(vocabulary: i64, dim: i64) -> Result<Self> {
        let input = nn::Embedding::new(vocabulary, dim)?;
        let output = nn::Embedding::new(vocabulary, dim)?;
        nn::init::uniform_(&input.weight, -0.5 / dim as f64, 0.5 / dim as f64)?;
        nn::init::zeros_(&output.weight)?;
        Ok(Self { input, output })
    }

    fn forward(&self, center: &Tensor, context: &Tensor, negative: &Tensor) -> Result<Tensor> {
        let center = self.input.forward(center)?.unsqueeze(2);
        let positive = self.output.forward(context)?.unsqueeze(1).bmm(&center).squeeze();
        let negative = self.output.forward(negative)?.neg().bmm(&center).squeeze_dim(2);
        let positive = positive.log_sigmoid();
        let negative = negative.log_sigmoid().sum_dim_intlist(1, false, None);
        Ok((positive + negative).mean(None).neg())
    }
}

impl Module for SkipGram {
    parts!(input, output);
}

fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let path = words.next().expect("a file");
    let device = device::select(words.next().as_deref().unwrap_or("cpu").parse()?)?.device;
    random::manual_seed(3);
    let text: Vec<_> = TEXT.split_whitespace().collect();
    let words: Vec<_> = text.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let index = |word: &&str| words.iter().position(|other| other == word).map(|i| i as i64);
    let ids: Vec<i64> = text.iter().filter_map(index).collect();
    let counts = tensor(ids.as_slice())?.bincount(None::<Tensor>, words.len() as i64);
    let noise = counts.pow_tensor_scalar(0.75);
    let mut pairs = vec![];
    for i in 0..ids.len() {
        for j in i.saturating_sub(2)..ids.len().min(i + 3) {
            if i != j {
                pairs.push([ids[i], ids[j]]);
            }
        }
    }
    let pairs = tensor(pairs)?.unbind(1);
    let train_dl = DataLoader::new(
        TensorDataset::new([&pairs[0], &pairs[1]])?,
        DataLoaderOptions { shuffle: true, drop_last: true, ..32.into() },
    )?;

    let model = SkipGram::new(words.len() as i64, 6)?.to(device)?;
    println!("{}", model.repr()?);
    if Path::new(&path).exists() {
        model.load_state_dict(&checkpoint::load(&path)?)?;
    }
    let options = SGDOptions { momentum: 0.5, ..optim::lr(0.5) };
    let mut optimizer = optim::SGD::new(model.parameters(), options)?;
    for epoch in 0..8 {
        let mut loss = Tensor::new();
        for batch in &train_dl {
            let [center, context] = batch?.map(|t| t.to(device));
            let negative = noise.multinomial(32 * 4, true).view([32, 4]).to(device);
            loss = model.forward(&center, &context, &negative)?;
            optimizer.zero_grad()?;
            loss.backward();
            optimizer.step()?;
        }
        println!("epoch {epoch}: {}", loss.item()?);
    }
    let _no_grad = no_grad_guard();
    let weight = &model.input.weight.to(Device::Cpu);
    let norm = weight.linalg_norm(2, 1, true, None).clamp_min(1e-12);
    let embeddings = weight / norm.expand_as(weight);
    let mut similarity = embeddings.matmul(&embeddings.tr());
    let (near, which) = similarity.fill_diagonal_(-1, false).topk(2, 1, true, true);
    for (i, word) in words.iter().enumerate() {
        let near = |j| near.at((i as i64, j))?.item();
        let which = |j| words[which.int64_value(&[i as i64, j]) as usize];
        println!("{word}: {} {:.4}, {} {:.4}", which(0), near(0)?, which(1), near(1)?);
    }
    checkpoint::save(model.state_dict(), &path)?;
    Ok(())
}
