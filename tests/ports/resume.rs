//! Training that stops, is saved, and goes on from the file.
//!
//! `resume FILE 0 50` trains fifty epochs and saves; `resume FILE 50 100` goes on from the file with
//! fifty more.

use torch_exact::checkpoint::Value;
use torch_exact::optim::lr_scheduler::{StepLR, StepLROptions};
use torch_exact::prelude::*;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<_> = std::env::args().collect();
    let (path, start) = (&arguments[1], arguments[2].parse::<i64>()?);
    let end = arguments[3].parse::<i64>()?;
    random::manual_seed(13);
    let x = random::randn([50, 3])?;
    let y = x.matmul(&tensor([[1.0], [-2.0], [0.5]])?) + number(0.1) * random::randn([50, 1])?;
    let loader = DataLoader::new(
        TensorDataset::new([&x, &y])?,
        DataLoaderOptions { shuffle: true, ..16.into() },
    )?;

    let model = nn::Sequential::new()
        .add(nn::Linear::new(3, 8)?)
        .add(nn::Tanh::new())
        .add(nn::Dropout::new(0.1)?)
        .add(nn::Linear::new(8, 1)?);
    let mut optimizer = optim::Adam::new(model.parameters(), optim::lr(0.01))?;
    let mut scheduler = StepLR::new(&mut optimizer, StepLROptions { gamma: 0.5, ..20.into() })?;
    if start > 0 {
        let checkpoint: Value = checkpoint::load(path)?;
        model.load_state_dict(&checkpoint.get("model")?)?;
        optimizer.load_state_dict(&checkpoint.get("optimizer")?)?;
        scheduler.load_state_dict(&checkpoint.get("scheduler")?)?;
        random::set_rng_state(&checkpoint.get("rng")?)?;
    }
    let mut loss = Tensor::new();
    for _epoch in start..end {
        for batch in &loader {
            let [xb, yb] = batch?;
            loss = F::mse_loss(&model.forward(&xb)?, &yb)?;
            optimizer.zero_grad()?;
            loss.backward();
            optimizer.step()?;
        }
        scheduler.step(&mut optimizer)?;
    }
    println!("{end} {} {}", loss.item()?, scheduler.get_last_lr().repr()?);
    let checkpoint = Value::dict([
        ("model", model.state_dict().into()),
        ("optimizer", optimizer.state_dict().into()),
        ("scheduler", scheduler.state_dict().into()),
        ("rng", random::get_rng_state()?.into()),
        ("epoch", end.into()),
    ]);
    checkpoint::save(checkpoint, path)?;
    Ok(())
}
