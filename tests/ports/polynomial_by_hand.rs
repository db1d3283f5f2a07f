//! A cubic fitted to a sine, its gradients written out by hand.

use std::f64::consts::PI;

use torch_exact::prelude::*;

fn main() -> anyhow::Result<()> {
    random::manual_seed(7);
    let x = Tensor::linspace(-PI, PI, 500, (Kind::Float, Device::Cpu));
    let y = x.sin();
    let (mut a, mut b) = (random::randn([])?, random::randn([])?);
    let (mut c, mut d) = (random::randn([])?, random::randn([])?);

    let lr = number(1e-6);
    for t in 0..1000 {
        let y_pred = &a + &b * &x + &c * x.pow_tensor_scalar(2) + &d * x.pow_tensor_scalar(3);
        let loss = (&y_pred - &y).pow_tensor_scalar(2).sum(Kind::Float);
        if t % 200 == 199 {
            println!("{t} {}", loss.item()?);
        }
        let grad_y_pred = number(2.0) * (&y_pred - &y);
        a -= lr * grad_y_pred.sum(Kind::Float);
        b -= lr * (&grad_y_pred * &x).sum(Kind::Float);
        c -= lr * (&grad_y_pred * x.pow_tensor_scalar(2)).sum(Kind::Float);
        d -= lr * (&grad_y_pred * x.pow_tensor_scalar(3)).sum(Kind::Float);
    }
    let (a, b, c, d) = (a.item()?, b.item()?, c.item()?, d.item()?);
    println!("y = {a:+.4} {b:+.4} x {c:+.4} x^2 {d:+.4} x^3");
    Ok(())
}
