//! Ratings of films, explained by a few factors: matrix factorization with sparse gradients.
//!
//! `matrix_factorization FILE` goes on from the file, if there is one, and saves model and optimizer.

use std::path::Path;

use torch_exact::checkpoint::Value;
use torch_exact::nn::{Embedding, EmbeddingOptions};
use torch_exact::prelude::*;

#[derive(Debug)]
struct MatrixFactorization {
    user_factors: Embedding,
    item_factors: Embedding,
    user_bias: Embedding,
    item_bias: Embedding,
}

impl MatrixFactorization {
    fn new(n_users: i64, n_items: i64, n_factors: i64) -> Result<Self> {
        let sparse = EmbeddingOptions { sparse: true, ..Default::default() };
        let user_factors = Embedding::with_options(n_users, n_factors, sparse)?;
        let item_factors = Embedding::with_options(n_items, n_factors, sparse)?;
        let user_bias = Embedding::with_options(n_users, 1, sparse)?;
        let item_bias = Embedding::with_options(n_items, 1, sparse)?;
        for bias in [&user_bias, &item_bias] {
            nn::init::zeros_(&bias.weight)?;
        }
        Ok(Self { user_factors, item_factors, user_bias, item_bias })
    }

    fn forward(&self, user: &Tensor, item: &Tensor) -> Result<Tensor> {
        let interaction = self.user_factors.forward(user)? * self.item_factors.forward(item)?;
        let interaction = interaction.sum_dim_intlist(1, false, None);
        let user_bias = self.user_bias.forward(user)?.squeeze_dim(1);
        Ok(interaction + user_bias + self.item_bias.forward(item)?.squeeze_dim(1))
    }
}

impl Module for MatrixFactorization {
    parts!(user_factors, item_factors, user_bias, item_bias);
}

fn main() -> anyhow::Result<()> {
    let path = std::env::args().nth(1).expect("a file");
    random::manual_seed(11);
    let (n_users, n_items, n_ratings) = (20, 15, 160);
    let user = random::randint(0, n_users, [n_ratings], Kind::Int64)?;
    let item = random::randint(0, n_items, [n_ratings], Kind::Int64)?;
    let (taste, style) = (random::randn([n_users, 2])?, random::randn([n_items, 2])?);
    let liking = (taste.at(&user)? * style.at(&item)?).sum_dim_intlist(1, false, None);
    let rating = (number(3) + liking).round().clamp(1, 5);
    let dataset = TensorDataset::new([&user.at(..140)?, &item.at(..140)?, &rating.at(..140)?])?;
    let train_dl = DataLoader::new(dataset, DataLoaderOptions { shuffle: true, ..20.into() })?;

    let model = MatrixFactorization::new(n_users, n_items, 4)?;
    println!("{}", model.repr()?);
    let mut optimizer = optim::SparseAdam::new(model.parameters(), optim::lr(0.05))?;
    if Path::new(&path).exists() {
        let checkpoint: Value = checkpoint::load(&path)?;
        model.load_state_dict(&checkpoint.get("model")?)?;
        optimizer.load_state_dict(&checkpoint.get("optimizer")?)?;
    }
    let loss_fn = nn::MSELoss::default();
    let mut predicted = Tensor::new();
    for epoch in 0..10 {
        let mut loss = Tensor::new();
        for batch in &train_dl {
            let [user_b, item_b, rating_b] = batch?;
            loss = loss_fn.forward(&model.forward(&user_b, &item_b)?, &(rating_b - number(3)))?;
            optimizer.zero_grad()?;
            loss.backward();
            optimizer.step()?;
        }
        let _no_grad = no_grad_guard();
        predicted = number(3) + model.forward(&user.at(140..)?, &item.at(140..)?)?;
        let rmse = loss_fn.forward(&predicted, &rating.at(140..)?)?.sqrt();
        println!("epoch {epoch}: train {:.5}, test RMSE {:.5}", loss.item()?, rmse.item()?);
    }
    println!("{}", predicted.repr()?);
    let checkpoint = Value::dict([
        ("model", model.state_dict().into()),
        ("optimizer", optimizer.state_dict().into()),
    ]);
    checkpoint::save(checkpoint, &path)?;
    Ok(())
}
