//! A rate that falls along a cosine, gradients that are clipped, and two groups of parameters.

use torch_exact::optim::SGDOptions;
use torch_exact::optim::lr_scheduler::CosineAnnealingLR;
use torch_exact::prelude::*;

fn main() -> anyhow::Result<()> {
    random::manual_seed(11);
    let x = random::randn([64, 4])?;
    let y = x.pow_tensor_scalar(2).sum_dim_intlist(1, true, Kind::Float);

    let model = nn::Sequential::new()
        .add(nn::Linear::new(4, 16)?)
        .add(nn::ReLU::new())
        .add(nn::Linear::new(16, 1)?);
    let loss_fn = nn::SmoothL1Loss::new();
    let mut optimizer = optim::SGD::with_groups([
        (model.get::<nn::Linear>(0)?.parameters(), SGDOptions { momentum: 0.9, ..optim::lr(0.05) }),
        (
            model.get::<nn::Linear>(2)?.parameters(),
            SGDOptions { momentum: 0.9, weight_decay: 1e-3, ..optim::lr(0.1) },
        ),
    ])?;
    let mut scheduler = CosineAnnealingLR::new(&mut optimizer, 100)?;
    for epoch in 0..100 {
        let loss = loss_fn.forward(&model.forward(&x)?, &y)?;
        optimizer.zero_grad()?;
        loss.backward();
        let norm = nn::utils::clip_grad_norm_(model.parameters(), 1.0)?;
        optimizer.step()?;
        scheduler.step(&mut optimizer)?;
        if epoch % 20 == 19 {
            let (loss, norm) = (loss.item()?, norm.item()?);
            println!("{epoch}: {loss:.6} {norm:.6} {}", scheduler.get_last_lr().repr()?);
        }
    }
    Ok(())
}
