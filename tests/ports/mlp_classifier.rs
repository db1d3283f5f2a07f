//! Three spirals classified by a network with dropout, in mini-batches.

use std::f64::consts::PI;

use torch_exact::prelude::*;

#[derive(Debug)]
#[expect(clippy::upper_case_acronyms, reason = "the name of the class, which `print` shows")]
struct MLP {
    hidden: nn::Linear,
    dropout: nn::Dropout,
    output: nn::Linear,
}

impl MLP {
    fn new() -> Result<Self> {
        let hidden = nn::Linear::new(2, 32)?;
        let dropout = nn::Dropout::new(0.2)?;
        let output = nn::Linear::new(32, 3)?;
        Ok(Self { hidden, dropout, output })
    }
}

impl Module for MLP {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.output.forward(&self.dropout.forward(&self.hidden.forward(x)?.relu())?)
    }

    parts!(hidden, dropout, output);
}

fn main() -> anyhow::Result<()> {
    random::manual_seed(5);
    let n = 100;
    let radius = Tensor::linspace(0.05, 1.0, n, (Kind::Float, Device::Cpu)).repeat([3]);
    let label = Tensor::arange(3, (Kind::Int64, Device::Cpu));
    let label = label.repeat_interleave_self_int(n, None, None);
    let angle =
        &radius * number(4) + &label * number(2. * PI / 3.) + random::randn([3 * n])? * number(0.1);
    let x = Tensor::stack(&[&radius * angle.cos(), &radius * angle.sin()], 1);
    let loader = DataLoader::new(
        TensorDataset::new([&x, &label])?,
        DataLoaderOptions { shuffle: true, ..32.into() },
    )?;

    let model = MLP::new()?;
    println!("{}", model.repr()?);
    let loss_fn = nn::CrossEntropyLoss { label_smoothing: 0.1, ..Default::default() };
    let mut optimizer = optim::Adam::new(model.parameters(), optim::lr(0.01))?;
    for epoch in 0..20 {
        model.train();
        for batch in &loader {
            let [xb, yb] = batch?;
            let loss = loss_fn.forward(&model.forward(&xb)?, &yb)?;
            optimizer.zero_grad()?;
            loss.backward();
            optimizer.step()?;
        }
        model.eval();
        let _no_grad = no_grad_guard();
        let log_probabilities = model.forward(&x)?.log_softmax(1, None);
        let right = log_probabilities.argmax(1, false).eq_tensor(&label);
        let accuracy = right.to_kind(Kind::Float).mean(Kind::Float);
        if epoch % 5 == 4 {
            let loss = F::nll_loss(&log_probabilities, &label)?.item()?;
            println!("{epoch} {loss:.4e} {:>8.3}", accuracy.item()?);
        }
    }
    Ok(())
}
