//! Points inside and outside a circle, told apart by a small network.

use torch_exact::prelude::*;

fn main() -> anyhow::Result<()> {
    random::manual_seed(3);
    let x = random::rand([400, 2])? * number(2) - number(1);
    let y = x.pow_tensor_scalar(2).sum_dim_intlist(1, true, Kind::Float);
    let y = y.lt(0.5).to_kind(Kind::Float);

    let model = nn::Sequential::new()
        .add(nn::Linear::new(2, 16)?)
        .add(nn::Tanh::new())
        .add(nn::Linear::new(16, 1)?);
    let loss_fn = nn::BCEWithLogitsLoss { pos_weight: Some(tensor([1.5])?), ..Default::default() };
    let mut optimizer = optim::Adam::new(model.parameters(), optim::lr(0.05))?;
    for epoch in 0..200 {
        let logits = model.forward(&x)?;
        let loss = loss_fn.forward(&logits, &y)?;
        optimizer.zero_grad()?;
        loss.backward();
        optimizer.step()?;
        if (epoch + 1) % 50 == 0 {
            let right = logits.sigmoid().gt(0.5).eq_tensor(&y.gt(0.5));
            let (loss, accuracy) = (loss.item()?, right.to_kind(Kind::Float).mean(Kind::Float));
            println!("epoch {:>3}: loss {loss:.4}, accuracy {:.4}", epoch + 1, accuracy.item()?);
        }
    }
    println!("{}", F::binary_cross_entropy(&model.forward(&x)?.sigmoid(), &y)?.repr()?);
    Ok(())
}
