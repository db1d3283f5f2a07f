use parity::{Manifest, Trace};
use tch::{Device, Tensor};
use torch_exact::nn::{Linear, Module};
use torch_exact::optim::{Optimizer, SGD, SGDOptions};
use torch_exact::{loss, random, repr};

pub fn run(trace: &str) -> Result<String, Box<dyn std::error::Error>> {
    let manifest = Manifest::of_process(Device::Cpu).with("seed", 42);
    let mut trace = Trace::create(trace, manifest)?;
    random::manual_seed(42);
    let x = random::rand([40, 1])?;
    let model = Linear::new(1, 1)?;
    let options = SGDOptions { lr: 0.1, ..Default::default() };
    let mut optimizer = SGD::new(model.parameters(), options)?;
    trace.record("x", &x)?;
    for (name, parameter) in model.named_parameters() {
        trace.record(&name, &parameter)?;
    }
    let mut loss = Tensor::new();
    for epoch in 0..100_u32 {
        trace.step(epoch);
        loss = loss::mse_loss(&model.forward(&x)?, &(0.7 * &x + 0.3))?;
        trace.record("loss", &loss)?;
        optimizer.zero_grad()?;
        loss.backward();
        optimizer.step()?;
        for (name, parameter) in model.named_parameters() {
            trace.record(&format!("{name}.grad"), &parameter.grad())?;
            trace.record(&name, &parameter)?;
        }
    }
    trace.finish()?;
    Ok(repr::float(loss.double_value(&[])))
}
