//! A line with noise, fitted in shuffled batches, on a part of the data.

use std::rc::Rc;

use torch_exact::data::{DataLoader, DataLoaderOptions, TensorDataset, random_split};
use torch_exact::prelude::*;

fn main() -> anyhow::Result<()> {
    random::manual_seed(1);
    let (true_w, true_b) = (Tensor::from_slice(&[2.0_f32, -3.4]), number(4.2));
    let x = random::normal(0.0, 1.0, [200, 2])?;
    let y = x.matmul(&true_w) + true_b + random::normal(0.0, 0.01, [200])?;
    let dataset = Rc::new(TensorDataset::new([&x, &y.unsqueeze(1)])?);
    let [train, test] = random_split(dataset, [0.8, 0.2], None)?;
    let train_options = DataLoaderOptions { batch_size: 32, shuffle: true, ..Default::default() };
    let train_dl = DataLoader::new(train, train_options)?;
    let test_dl =
        DataLoader::new(test, DataLoaderOptions { batch_size: 64, ..Default::default() })?;

    let model = nn::Linear::new(2, 1)?;
    nn::init::normal_(&model.weight, 0.0, 0.01)?;
    nn::init::zeros_(model.bias()?)?;
    let loss_fn = loss::MSELoss::new();
    let mut optimizer = optim::SGD::new(model.parameters(), 0.03)?;
    for epoch in 0..5 {
        for batch in train_dl.iter()? {
            let [xb, yb] = batch?;
            let loss = loss_fn.forward(&model.forward(&xb)?, &yb)?;
            optimizer.zero_grad()?;
            loss.backward();
            optimizer.step()?;
        }
        let total = no_grad(|| {
            ops::sum(test_dl.iter()?.map(|batch| {
                let [xb, yb] = batch?;
                loss_fn.forward(&model.forward(&xb)?, &yb)
            }))
        })?;
        println!("epoch {}, test loss {:.6}", epoch + 1, total.item()?);
    }
    println!("{}", model.weight.repr()?);
    println!("{}", model.bias.repr()?);
    Ok(())
}
