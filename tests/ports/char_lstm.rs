//! A character LSTM that learns one sentence and then writes on its own.
//!
//! `char_lstm FILE` goes on from the model in the file, if there is one, and saves it.

use std::collections::BTreeSet;
use std::path::Path;

use torch_exact::nn::RecurrentOptions;
use torch_exact::prelude::*;

const TEXT: &str =
    "a rose is a rose is a rose, and a line is a line however long the line is drawn. ";

#[derive(Debug)]
struct CharLSTM {
    embedding: nn::Embedding,
    lstm: nn::LSTM,
    decoder: nn::Linear,
}

impl CharLSTM {
    fn new(n_chars: i64) -> Result<Self> {
        let embedding = nn::Embedding::new(n_chars, 8)?;
        let options = RecurrentOptions {
            num_layers: 2,
            dropout: 0.1,
            batch_first: true,
            ..Default::default()
        };
        let lstm = nn::LSTM::with_options(8, 24, options)?;
        let decoder = nn::Linear::new(24, n_chars)?;
        Ok(Self { embedding, lstm, decoder })
    }

    fn forward(
        &self,
        x: &Tensor,
        hidden: Option<&(Tensor, Tensor)>,
    ) -> Result<(Tensor, (Tensor, Tensor))> {
        let hidden = hidden.map(|(h, c)| (h, c));
        let (output, hidden) = self.lstm.forward(&self.embedding.forward(x)?, hidden)?;
        Ok((self.decoder.forward(&output)?, hidden))
    }
}

impl Module for CharLSTM {
    parts!(embedding, lstm, decoder);
}

fn main() -> anyhow::Result<()> {
    let path = std::env::args().nth(1).expect("a file");
    random::manual_seed(42);
    let chars: Vec<char> = TEXT.chars().collect::<BTreeSet<_>>().into_iter().collect();
    let index = |c: char| chars.iter().position(|&other| other == c).expect("a known one") as i64;
    let data = tensor(TEXT.repeat(2).chars().map(index).collect::<Vec<_>>())?;

    let model = CharLSTM::new(chars.len() as i64)?;
    println!("{}", model.repr()?);
    if Path::new(&path).exists() {
        model.load_state_dict(&checkpoint::load(&path)?)?;
    }
    let criterion = nn::CrossEntropyLoss::default();
    let mut optimizer = optim::RMSprop::new(model.parameters(), optim::lr(0.01))?;
    for step in 0..40 {
        let start = random::randint(0, TEXT.len() as i64, [8, 1], Kind::Int64)?;
        let window = data.at(&(start + Tensor::arange(21, (Kind::Int64, Device::Cpu))))?;
        let (x, y) = (window.at((.., ..-1))?, window.at((.., 1..))?);
        let (logits, _) = model.forward(&x, None)?;
        let loss = criterion.forward(&logits.reshape([-1, chars.len() as i64]), &y.reshape(-1))?;
        optimizer.zero_grad()?;
        loss.backward();
        nn::utils::clip_grad_value_(model.parameters(), 0.5, None)?;
        optimizer.step()?;
        if step % 8 == 7 {
            println!("step {step}: {}", loss.item()?);
        }
    }

    model.eval();
    let (mut text, mut hidden) = ("a ".to_owned(), None);
    let mut x = tensor([text.chars().map(index).collect::<Vec<_>>()])?;
    let _no_grad = no_grad_guard();
    for _ in 0..60 {
        let (logits, next) = model.forward(&x, hidden.as_ref())?;
        let p = (logits.at((0, -1))? / number(0.8)).softmax(0, None);
        x = p.multinomial(1, false).view([1, 1]);
        text.push(chars[usize::try_from(x.int64_value(&[0, 0]))?]);
        hidden = Some(next);
    }
    println!("{text}");
    checkpoint::save(model.state_dict(), &path)?;
    Ok(())
}
