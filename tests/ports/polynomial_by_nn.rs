//! The same cubic as a layer on three powers of x, trained by RMSprop.

use std::f64::consts::PI;

use torch_exact::prelude::*;

fn main() -> anyhow::Result<()> {
    random::manual_seed(7);
    let x = Tensor::linspace(-PI, PI, 500, (Kind::Float, Device::Cpu));
    let y = x.sin();
    let p = tensor([1, 2, 3])?;
    let xx = x.unsqueeze(-1).pow(&p);

    let model = nn::Sequential::new()
        .add(nn::Linear::new(3, 1)?)
        .add(nn::Flatten { start_dim: 0, end_dim: 1 });
    let loss_fn = nn::MSELoss { reduction: nn::Reduction::Sum };
    let mut optimizer = optim::RMSprop::new(model.parameters(), optim::lr(1e-3))?;
    for t in 0..1000 {
        let y_pred = model.forward(&xx)?;
        let loss = loss_fn.forward(&y_pred, &y)?;
        if t % 200 == 199 {
            println!("{t} {}", loss.item()?);
        }
        optimizer.zero_grad()?;
        loss.backward();
        optimizer.step()?;
    }
    let linear = model.get::<nn::Linear>(0)?;
    println!("{}", model.repr()?);
    println!("{} {}", linear.weight.repr()?, linear.bias()?.repr()?);
    Ok(())
}
