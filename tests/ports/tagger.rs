//! Words of sentences of several lengths, tagged by a bidirectional GRU on packed sequences.
//!
//! `tagger FILE` goes on from the model in the file, if there is one, and saves it.

use std::path::Path;

use torch_exact::nn::utils::rnn::{pack_padded_sequence, pad_packed_sequence, pad_sequence};
use torch_exact::nn::{EmbeddingOptions, RecurrentOptions};
use torch_exact::optim::AdamOptions;
use torch_exact::optim::lr_scheduler::{ReduceLROnPlateau, ReduceLROnPlateauOptions};
use torch_exact::prelude::*;

const SENTENCES: [(&str, &str); 5] = [
    ("the dog ate the apple", "D N V D N"),
    ("everybody read that book", "N V D N"),
    ("a cat sleeps", "D N V"),
    ("the cat read a book that night", "D N V D N D N"),
    ("dogs bark", "N V"),
];

#[derive(Debug)]
struct Tagger {
    embedding: nn::Embedding,
    gru: nn::GRU,
    hidden2tag: nn::Linear,
}

impl Tagger {
    fn new(n_words: i64, n_tags: i64) -> Result<Self> {
        let options = EmbeddingOptions { padding_idx: Some(0), ..Default::default() };
        let embedding = nn::Embedding::with_options(n_words, 10, options)?;
        let options = RecurrentOptions { bidirectional: true, ..Default::default() };
        let gru = nn::GRU::with_options(10, 12, options)?;
        let hidden2tag = nn::Linear::new(24, n_tags)?;
        Ok(Self { embedding, gru, hidden2tag })
    }

    fn forward(&self, sentences: &Tensor, lengths: &[i64]) -> Result<Tensor> {
        let embedded = self.embedding.forward(sentences)?;
        let packed = pack_padded_sequence(&embedded, lengths, false, false)?;
        let (output, _) = self.gru.forward_packed(&packed, None)?;
        let (output, _) = pad_packed_sequence(&output, false, 0., None)?;
        self.hidden2tag.forward(&output)
    }
}

impl Module for Tagger {
    parts!(embedding, gru, hidden2tag);
}

/// The index of each word, as it first appears, known ones first.
fn indices(text: &str, known: &mut Vec<String>) -> Result<Tensor> {
    let index = |word: &str| {
        let index = known.iter().position(|other| other == word).unwrap_or(known.len());
        if index == known.len() {
            known.push(word.to_owned());
        }
        index as i64
    };
    tensor(text.split(' ').map(index).collect::<Vec<_>>())
}

fn main() -> anyhow::Result<()> {
    let path = std::env::args().nth(1).expect("a file");
    random::manual_seed(1);
    let (mut words, mut tags) = (vec!["<pad>".to_owned()], vec![]);
    let (mut x, mut y) = (vec![], vec![]);
    for (sentence, tagged) in SENTENCES {
        x.push(indices(sentence, &mut words)?);
        y.push(indices(tagged, &mut tags)?);
    }
    let lengths: Vec<_> = x.iter().map(|sentence| sentence.size()[0]).collect();
    let (x, y) = (pad_sequence(&x, false, 0.)?, pad_sequence(&y, false, -1.)?);
    println!("{}", x.repr()?);

    let model = Tagger::new(words.len() as i64, tags.len() as i64)?;
    println!("{}", model.repr()?);
    if Path::new(&path).exists() {
        model.load_state_dict(&checkpoint::load(&path)?)?;
    }
    let criterion = nn::CrossEntropyLoss { ignore_index: -1, ..Default::default() };
    let options = AdamOptions { amsgrad: true, ..optim::lr(0.05) };
    let mut optimizer = optim::Adam::new(model.parameters(), options)?;
    let patience = ReduceLROnPlateauOptions { patience: 2, ..Default::default() };
    let mut scheduler = ReduceLROnPlateau::new(&optimizer, patience)?;
    for epoch in 0..20 {
        let scores = model.forward(&x, &lengths)?;
        let loss = criterion.forward(&scores.flatten(0, 1), &y.flatten(0, -1))?;
        optimizer.zero_grad()?;
        loss.backward();
        optimizer.step()?;
        scheduler.step(&mut optimizer, loss.item()?)?;
        if epoch % 4 == 3 {
            println!("{epoch} {}", loss.item()?);
        }
    }
    let predicted = no_grad(|| model.forward(&x, &lengths))?.argmax(2, false);
    for (i, (sentence, _)) in SENTENCES.iter().enumerate() {
        let tag = |word| tags[predicted.int64_value(&[word, i as i64]) as usize].as_str();
        let tagged: Vec<_> = (0..lengths[i]).map(tag).collect();
        println!("{sentence} -> {}", tagged.join(" "));
    }
    checkpoint::save(model.state_dict(), &path)?;
    Ok(())
}
