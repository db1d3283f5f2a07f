//! A line with noise, fitted in shuffled batches, on a part of the data.

use torch_exact::data::random_split;
use torch_exact::prelude::*;

fn main() -> anyhow::Result<()> {
    random::manual_seed(1);
    let (true_w, true_b) = (tensor([2.0, -3.4])?, number(4.2));
    let x = random::normal(0.0, 1.0, [200, 2])?;
    let y = x.matmul(&true_w) + true_b + random::normal(0.0, 0.01, [200])?;
    let [train, test] = random_split(TensorDataset::new([&x, &y.unsqueeze(1)])?, [0.8, 0.2], None)?;
    let train_dl = DataLoader::new(train, DataLoaderOptions { shuffle: true, ..32.into() })?;
    let test_dl = DataLoader::new(test, 64)?;

    let model = nn::Linear::new(2, 1)?;
    nn::init::normal_(&model.weight, 0.0, 0.01)?;
    nn::init::zeros_(model.bias()?)?;
    let loss_fn = nn::MSELoss::new();
    let mut optimizer = optim::SGD::new(model.parameters(), optim::lr(0.03))?;
    for epoch in 0..5 {
        for batch in &train_dl {
            let [xb, yb] = batch?;
            let loss = loss_fn.forward(&model.forward(&xb)?, &yb)?;
            optimizer.zero_grad()?;
            loss.backward();
            optimizer.step()?;
        }
        let total = no_grad(|| {
            ops::sum(test_dl.iter().map(|batch| {
                let [xb, yb] = batch?;
                loss_fn.forward(&model.forward(&xb)?, &yb)
            }))
        })?;
        println!("epoch {}, test loss {:.6}", epoch + 1, total.item()?);
    }
    println!("{}", model.weight.repr()?);
    println!("{}", model.bias()?.repr()?);
    Ok(())
}
