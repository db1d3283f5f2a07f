//! Sine waves, learnt by LSTM cells with L-BFGS and continued on their own.
//!
//! `sine_waves FILE` goes on from the file, if there is one, and saves model and optimizer.

use std::path::Path;

use torch_exact::checkpoint::Value;
use torch_exact::optim::LBFGSOptions;
use torch_exact::prelude::*;

#[derive(Debug)]
struct Sequence {
    lstm1: nn::LSTMCell,
    lstm2: nn::LSTMCell,
    linear: nn::Linear,
}

impl Sequence {
    fn new() -> Result<Self> {
        let lstm1 = nn::LSTMCell::new(1, 12)?;
        let lstm2 = nn::LSTMCell::new(12, 12)?;
        let linear = nn::Linear::new(12, 1)?;
        Ok(Self { lstm1, lstm2, linear })
    }

    fn forward(&self, input: &Tensor, future: usize) -> Result<Tensor> {
        let mut outputs = vec![];
        let zeros = || Tensor::zeros([input.size()[0], 12], (Kind::Double, Device::Cpu));
        let (mut h_t, mut c_t, mut h_t2, mut c_t2) = (zeros(), zeros(), zeros(), zeros());
        let mut step = |input_t: &Tensor| -> Result<Tensor> {
            (h_t, c_t) = self.lstm1.forward(input_t, Some((&h_t, &c_t)))?;
            (h_t2, c_t2) = self.lstm2.forward(&h_t, Some((&h_t2, &c_t2)))?;
            self.linear.forward(&h_t2)
        };
        let mut output = Tensor::new();
        for input_t in input.split(1, 1) {
            output = step(&input_t)?;
            outputs.push(output.shallow_clone());
        }
        for _ in 0..future {
            output = step(&output)?;
            outputs.push(output.shallow_clone());
        }
        Ok(Tensor::cat(&outputs, 1))
    }
}

impl Module for Sequence {
    parts!(lstm1, lstm2, linear);
}

fn main() -> anyhow::Result<()> {
    let path = std::env::args().nth(1).expect("a file");
    random::manual_seed(0);
    let shift = random::randint(-20, 20, [6, 1], Kind::Int64)?;
    let time = Tensor::arange(25, (Kind::Int64, Device::Cpu)) + shift;
    let data = (time.to_kind(Kind::Double) / number(3)).sin();
    let (input, target) = (data.at((2.., ..-1))?, data.at((2.., 1..))?);
    let (test_input, test_target) = (data.at((..2, ..-1))?, data.at((..2, 1..))?);

    let seq = Sequence::new()?.double()?;
    println!("{}", seq.repr()?);
    let criterion = nn::MSELoss::default();
    let options = LBFGSOptions { lr: 0.8, max_iter: 6, ..Default::default() };
    let mut optimizer = optim::LBFGS::new(seq.parameters(), options)?;
    if Path::new(&path).exists() {
        let checkpoint: Value = checkpoint::load(&path)?;
        seq.load_state_dict(&checkpoint.get("model")?)?;
        optimizer.load_state_dict(&checkpoint.get("optimizer")?)?;
    }
    let mut pred = Tensor::new();
    for i in 0..4 {
        println!("STEP: {i}");
        let _ = optimizer.step_with(&mut |optimizer| {
            optimizer.zero_grad()?;
            let out = seq.forward(&input, 0)?;
            let loss = criterion.forward(&out, &target)?;
            println!("loss: {}", loss.item()?);
            loss.backward();
            Ok(loss)
        })?;
        let _no_grad = no_grad_guard();
        pred = seq.forward(&test_input, 5)?;
        let loss = criterion.forward(&pred.at((.., ..-5))?, &test_target)?;
        println!("test loss: {}", loss.item()?);
    }
    println!("{}", pred.at((.., -5..))?.repr()?);
    let checkpoint = Value::dict([
        ("model", seq.state_dict().into()),
        ("optimizer", optimizer.state_dict().into()),
    ]);
    checkpoint::save(checkpoint, &path)?;
    Ok(())
}
