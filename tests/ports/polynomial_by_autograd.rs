//! The same cubic with autograd's gradients.

use std::f64::consts::PI;

use torch_exact::prelude::*;

fn main() -> anyhow::Result<()> {
    random::manual_seed(7);
    let x = Tensor::linspace(-PI, PI, 500, (Kind::Float, Device::Cpu));
    let y = x.sin();
    let mut a = random::randn([])?.set_requires_grad(true);
    let mut b = random::randn([])?.set_requires_grad(true);
    let mut c = random::randn([])?.set_requires_grad(true);
    let mut d = random::randn([])?.set_requires_grad(true);

    let lr = number(1e-6);
    for t in 0..1000 {
        let y_pred = &a + &b * &x + &c * x.pow_tensor_scalar(2) + &d * x.pow_tensor_scalar(3);
        let loss = (y_pred - &y).pow_tensor_scalar(2).sum(Kind::Float);
        if t % 200 == 199 {
            println!("{t} {}", loss.item()?);
        }
        loss.backward();
        let _no_grad = no_grad_guard();
        for p in [&mut a, &mut b, &mut c, &mut d] {
            *p -= lr * p.grad();
            p.clear_grad()?;
        }
    }
    let (a, b, c, d) = (a.item()?, b.item()?, c.item()?, d.item()?);
    println!("y = {a:+.4} {b:+.4} x {c:+.4} x^2 {d:+.4} x^3");
    Ok(())
}
