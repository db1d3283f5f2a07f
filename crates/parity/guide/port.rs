//! The script, in Rust.

use torch_exact::nn::{Linear, Module, functional as F};
use torch_exact::optim::{Optimizer, SGD, SGDOptions};
use torch_exact::{ops::TensorExt, random};

fn main() -> torch_exact::Result<()> {
    random::manual_seed(42);
    let x = random::rand([40, 1])?;
    let model = Linear::new(1, 1)?;
    let options = SGDOptions { lr: 0.1, ..Default::default() };
    let mut optimizer = SGD::new(model.parameters(), options)?;
    let mut loss = tch::Tensor::new();
    for _ in 0..100 {
        loss = F::mse_loss(&model.forward(&x)?, &(0.7 * &x + 0.3))?;
        optimizer.zero_grad()?;
        loss.backward();
        optimizer.step()?;
    }
    println!("{}", loss.item()?);
    Ok(())
}
