//! Replayed steps leave the bits of the steps as they stand.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};
use torch_exact::loss::{HuberLoss, L1Loss, MSELoss, Reduction, SmoothL1Loss};
use torch_exact::nn::{
    Identity, Linear, LinearOptions, Module, Parameter, ReLU, Sequential, Sigmoid, Tanh,
};
use torch_exact::optim::{
    Adam, AdamOptions, AdamW, AdamWOptions, Optimizer, RMSprop, RMSpropOptions, SGD, SGDOptions,
};
use torch_exact::replay::Step;
use torch_exact::{Result, random};

/// Whether two tensors have the same bits.
fn same(a: &Tensor, b: &Tensor) -> bool {
    if !a.defined() || !b.defined() {
        return a.defined() == b.defined();
    }
    let bits = |t: &Tensor| match t.kind() {
        Kind::Float => t.detach().contiguous().view_dtype(Kind::Int),
        Kind::Double => t.detach().contiguous().view_dtype(Kind::Int64),
        _ => t.detach(),
    };
    a.kind() == b.kind() && a.size() == b.size() && bits(a).equal(&bits(b))
}

/// Whether parameters and gradients are the same.
fn same_parameters(a: &[Parameter], b: &[Parameter]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| same(a, b) && same(&a.grad(), &b.grad()))
}

/// Choices that follow from a seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// A training: what it is made of is drawn, in the space of `parity fuzz`.
struct Training {
    model: Sequential,
    optimizer: Box<dyn Optimizer>,
    loss: Box<dyn Fn(&Tensor, &Tensor) -> Result<Tensor>>,
    batches: Vec<[Tensor; 2]>,
    /// Which of its gradients' fates: made undefined before or after, set to zero, or kept.
    zero_grad: u64,
    kind: &'static str,
}

fn training(seed: u64) -> Result<Training> {
    let draw = &mut Draw(seed);
    random::manual_seed(seed);
    let dtype = draw.one_of(&[Kind::Float, Kind::Double]);
    let options = LinearOptions { bias: draw.below(10) < 7, dtype };
    let widest = if draw.below(10) == 0 { 200 } else { 20 };
    let widths: Vec<_> = (0..2 + draw.below(4)).map(|_| 1 + draw.below(widest) as i64).collect();
    let activation = draw.below(4);
    let mut model = Sequential::new();
    for (layer, sizes) in widths.windows(2).enumerate() {
        if layer > 0 {
            model = match activation {
                0 => model.add(Identity::new()),
                1 => model.add(ReLU::new()),
                2 => model.add(Tanh::new()),
                _ => model.add(Sigmoid::new()),
            };
        }
        model = model.add(Linear::with_options(sizes[0], sizes[1], options)?);
    }
    let rows = 1 + draw.below(40) as i64;
    let scale = draw.one_of(&[1., 1., 0.01, 10.]);
    let x = Tensor::randn([rows, widths[0]], (dtype, Device::Cpu)) * scale;
    let y = Tensor::randn([rows, widths[widths.len() - 1]], (dtype, Device::Cpu));
    let batch = (1 + draw.below(rows as u64 + 3) as i64).max(rows / 8);
    let starts = (0..rows).step_by(batch as usize);
    let batches = starts.map(|start| {
        let rows = batch.min(rows - start);
        [x.narrow(0, start, rows), y.narrow(0, start, rows)]
    });
    let batches = batches.collect();
    let reduction = draw.one_of(&[Reduction::Mean, Reduction::Sum, Reduction::None]);
    let bound = draw.one_of(&[0.1, 1., 3.]);
    let loss: Box<dyn Fn(&Tensor, &Tensor) -> Result<Tensor>> = match draw.below(4) {
        0 => Box::new(move |a, b| L1Loss { reduction }.forward(a, b)),
        1 => Box::new(move |a, b| MSELoss { reduction }.forward(a, b)),
        2 => Box::new(move |a, b| HuberLoss { reduction, delta: bound }.forward(a, b)),
        _ => Box::new(move |a, b| SmoothL1Loss { reduction, beta: bound }.forward(a, b)),
    };
    let lr = draw.one_of(&[1e-4, 1e-3, 1e-2, 0.1]);
    let weight_decay = draw.one_of(&[0., 0., 1e-3, 0.1]);
    let maximize = draw.below(7) == 0;
    let momentum = draw.one_of(&[0., 0., 0.5, 0.9]);
    let eps = draw.one_of(&[1e-8, 1e-8, 1e-3]);
    let foreach = draw.one_of(&[None, None, Some(true), Some(false)]);
    let betas = draw.one_of(&[(0.9, 0.999), (0.5, 0.9), (0., 0.99)]);
    let amsgrad = draw.below(3) == 0;
    let params = model.parameters();
    let (kind, optimizer): (_, Box<dyn Optimizer>) = match draw.below(4) {
        0 => {
            let nesterov = momentum > 0. && draw.below(2) == 0;
            let dampening = if nesterov { 0. } else { draw.one_of(&[0., 0.3]) };
            let options =
                SGDOptions { lr, momentum, dampening, weight_decay, nesterov, maximize, foreach };
            ("SGD", Box::new(SGD::new(params, options)?))
        }
        1 => {
            let options = AdamOptions { lr, betas, eps, weight_decay, amsgrad, maximize, foreach };
            ("Adam", Box::new(Adam::new(params, options)?))
        }
        2 => {
            let options = AdamWOptions { lr, betas, eps, weight_decay, amsgrad, maximize, foreach };
            ("AdamW", Box::new(AdamW::new(params, options)?))
        }
        _ => {
            let centered = draw.below(2) == 0;
            let alpha = draw.one_of(&[0.99, 0.9]);
            let options = RMSpropOptions {
                lr,
                alpha,
                eps,
                weight_decay,
                momentum,
                centered,
                maximize,
                foreach,
            };
            ("RMSprop", Box::new(RMSprop::new(params, options)?))
        }
    };
    Ok(Training { model, optimizer, loss, batches, zero_grad: draw.below(4), kind })
}

impl Training {
    fn step(&mut self, x: &Tensor, y: &Tensor) -> Result<[Tensor; 2]> {
        let Self { model, optimizer, loss, zero_grad, .. } = self;
        let prediction = model.forward(x)?;
        let loss = loss(&prediction, y)?;
        match zero_grad {
            0 | 3 => optimizer.zero_grad()?,
            1 => optimizer.zero_grad_with(false)?,
            _ => {}
        }
        match loss.dim() {
            0 => loss.f_backward()?,
            _ => loss.f_sum(loss.kind())?.f_backward()?,
        }
        optimizer.step()?;
        if *zero_grad == 2 {
            optimizer.zero_grad()?;
        }
        Ok([prediction, loss])
    }
}

/// Trains twice, once with replays, and compares all there is after every step; how many steps were
/// taken and replayed, and why not.
fn compare(seed: u64) -> Result<(usize, u64, Option<String>)> {
    let (mut eager, mut replayed) = (training(seed)?, training(seed)?);
    let mut step = Step::new();
    let mut steps = 0;
    for epoch in 0..8 {
        for place in 0..eager.batches.len() {
            // Batches lie within the data, and elsewhere at times. Sums depend on where: both get
            // the same ones.
            let moved = |t: &Tensor| if epoch % 2 == 0 { t.shallow_clone() } else { t.copy() };
            let [x, y] = eager.batches[place].each_ref().map(moved);
            let expected = eager.step(&x, &y)?;
            let found = step.take_with([&x, &y], |[x, y]| replayed.step(x, y))?;
            for (expected, found) in expected.iter().zip(&found) {
                assert!(same(expected, found), "training {seed}, step {steps}: a result");
            }
            let parameters = [&eager, &replayed].map(|training| training.model.parameters());
            assert!(
                same_parameters(&parameters[0], &parameters[1]),
                "training {seed}, step {steps}: a parameter or a gradient"
            );
            steps += 1;
        }
        if epoch % 3 == 2 {
            for training in [&mut eager, &mut replayed] {
                let lr = training.optimizer.lr(0)?;
                training.optimizer.set_lr(0, lr * 0.7)?;
            }
        }
    }
    Ok((steps, step.replays(), step.refusal().map(str::to_owned)))
}

/// Compares so many trainings, and says what came of them.
fn compare_all(trainings: u64) -> Result<()> {
    tch::set_num_threads(1);
    let (mut steps, mut replays, mut refused) = (0, 0, BTreeMap::<String, usize>::new());
    let mut kinds = BTreeMap::<_, usize>::new();
    for seed in 0..trainings {
        let (taken, replayed, refusal) = compare(seed)?;
        *kinds.entry(training(seed)?.kind).or_default() += 1;
        steps += taken;
        replays += replayed;
        if let Some(reason) = refusal {
            *refused.entry(reason).or_default() += 1;
        }
    }
    let refusals: usize = refused.values().sum();
    println!("{trainings} trainings {kinds:?}, {steps} steps, {replays} of them replayed");
    println!("{refusals} trainings were refused: {refused:#?}");
    assert!(refusals as u64 * 10 <= trainings);
    assert!(replays * 2 > steps as u64);
    Ok(())
}

#[test]
fn trainings_have_the_bits_of_eager_ones() -> Result<()> {
    compare_all(100)
}

/// `cargo test --release --test replay -- --ignored --show-output`
#[test]
#[ignore = "takes a minute"]
fn a_thousand_trainings_have_the_bits_of_eager_ones() -> Result<()> {
    compare_all(1000)
}

#[test]
#[ignore]
fn debug() -> Result<()> {
    let seed: u64 = std::env::var("SEED").unwrap().parse().unwrap();
    let (mut eager, mut replayed) = (training(seed)?, training(seed)?);
    println!("{:?} zero_grad {} batches {:?}", eager.kind, eager.zero_grad, eager.batches.iter().map(|b| b[0].size()).collect::<Vec<_>>());
    let mut step = Step::new();
    for epoch in 0..6 {
        for place in 0..eager.batches.len() {
            let [x, y] = eager.batches[place].each_ref().map(Tensor::shallow_clone);
            let expected = eager.step(&x, &y)?;
            let found = step.take_with([&x, &y], |[x, y]| replayed.step(x, y))?;
            println!("epoch {epoch} {place}: {} {} replays {} refusal {:?}", same(&expected[0], &found[0]), same(&expected[1], &found[1]), step.replays(), step.refusal());
            for ((n, a), (_, b)) in eager.model.named_parameters().iter().zip(replayed.model.named_parameters()) {
                println!("   {n} {} grad {}", same(a, &b), same(&a.grad(), &b.grad()));
            }
            if expected[1].dim() == 0 { println!("{:?} {:?}", expected[1].double_value(&[]), found[1].double_value(&[])); }
        }
    }
    for k in step.kernels()? { println!("{k}"); }
    Ok(())
}
