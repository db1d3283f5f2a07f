//! Random trainings, taken as they stand and replayed.

use std::collections::BTreeMap;

use ::replay::Step;
use tch::{Device, Kind, Tensor};
use torch_exact::data::{DataLoader, DataLoaderOptions, TensorDataset};
use torch_exact::nn::{
    BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, Dropout, HuberLoss, Identity, L1Loss, Linear,
    LinearOptions, MSELoss, Module, NLLLoss, ReLU, Reduction, Sequential, Sigmoid, SmoothL1Loss,
    Tanh,
};
use torch_exact::optim::{
    self, Adam, AdamOptions, AdamW, AdamWOptions, Optimizer, RMSprop, RMSpropOptions, SGD,
    SGDOptions,
};
use torch_exact::{Result, random};

use super::super::{alone, same, same_parameters};

type Loss = Box<dyn Fn(&Tensor, &Tensor) -> Result<Tensor>>;

/// Choices that follow from a seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
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
    loss: Loss,
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
    let (activation, dropout) = (draw.below(4), draw.below(6) == 0);
    let mut model = Sequential::new();
    for (layer, sizes) in widths.windows(2).enumerate() {
        if layer > 0 {
            model = match activation {
                0 => model.add(Identity::new()),
                1 => model.add(ReLU::new()),
                2 => model.add(Tanh::new()),
                _ => model.add(Sigmoid::new()),
            };
            if dropout {
                model = model.add(Dropout::new(0.3)?);
            }
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
    let loss: Loss = match draw.below(4) {
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
            let options = SGDOptions {
                lr,
                momentum,
                dampening,
                weight_decay,
                nesterov,
                maximize,
                foreach,
                fused: None,
            };
            ("SGD", Box::new(SGD::new(params, options)?))
        }
        1 => {
            let options = AdamOptions {
                lr,
                betas,
                eps,
                weight_decay,
                amsgrad,
                maximize,
                foreach,
                fused: None,
            };
            ("Adam", Box::new(Adam::new(params, options)?))
        }
        2 => {
            let options = AdamWOptions {
                lr,
                betas,
                eps,
                weight_decay,
                amsgrad,
                maximize,
                foreach,
                fused: None,
            };
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
            let before = random::get_rng_state()?;
            let expected = eager.step(&x, &y)?;
            let after = random::get_rng_state()?;
            random::set_rng_state(&before)?;
            let found = step.take_with([&x, &y], |[x, y]| replayed.step(x, y))?;
            assert!(after == random::get_rng_state()?, "training {seed}, step {steps}: draws");
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
    let _alone = alone();
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

/// A perceptron that tells classes apart by each of the losses for that, on a loader's batches, the
/// last of which is short.
#[test]
fn classifiers_have_the_bits_of_eager_ones() -> Result<()> {
    let _alone = alone();
    type Pair = fn(&Tensor, &Tensor) -> Result<Tensor>;
    let losses: [(Pair, bool); 4] = [
        (|a, b| CrossEntropyLoss::new().forward(a, b), true),
        (|a, b| NLLLoss::new().forward(&a.f_log_softmax(1, Kind::Float)?, b), true),
        (|a, b| BCELoss::new().forward(&a.f_sigmoid()?, b), false),
        (|a, b| BCEWithLogitsLoss::new().forward(a, b), false),
    ];
    for (place, (loss, by_class)) in losses.into_iter().enumerate() {
        let make = || -> Result<_> {
            random::manual_seed(5);
            let model = Sequential::new()
                .add(Linear::new(6, 10)?)
                .add(ReLU::new())
                .add(Linear::new(10, 4)?);
            let x = Tensor::randn([70, 6], (Kind::Float, Device::Cpu));
            let y = match by_class {
                true => Tensor::randint(4, [70], (Kind::Int64, Device::Cpu)),
                false => Tensor::rand([70, 4], (Kind::Float, Device::Cpu)),
            };
            let options = DataLoaderOptions { batch_size: 32, shuffle: true, ..Default::default() };
            let loader = DataLoader::new(TensorDataset::new([&x, &y])?, options)?;
            Ok((Adam::new(model.parameters(), optim::lr(0.01))?, model, loader))
        };
        let mut found = [vec![], vec![]];
        let mut step = Step::new();
        for (replays, found) in found.iter_mut().enumerate() {
            let (mut optimizer, model, loader) = make()?;
            for _ in 0..6 {
                for batch in &loader {
                    let [x, y] = batch?;
                    let mut take = |[x, y]: [&Tensor; 2]| -> Result<_> {
                        let loss = loss(&model.forward(x)?, y)?;
                        optimizer.zero_grad()?;
                        loss.f_backward()?;
                        optimizer.step()?;
                        Ok([loss])
                    };
                    let [loss] = match replays {
                        0 => take([&x, &y])?,
                        _ => step.take_with([&x, &y], take)?,
                    };
                    found.push(loss.detach());
                }
            }
            found.extend(model.parameters().iter().map(|parameter| parameter.detach()));
        }
        let [expected, found] = found;
        assert!(expected.iter().zip(&found).all(|(a, b)| same(a, b)), "loss {place}");
        assert!(step.replays() >= 12, "loss {place}: {:?}", step.refusal());
    }
    Ok(())
}

/// Batches that lie elsewhere each time and results that are kept: every loop's operands move.
#[test]
fn sums_of_data_that_move_have_the_bits_of_eager_ones() -> Result<()> {
    let _alone = alone();
    let sums = |x: &Tensor, y: &Tensor| -> Result<[Tensor; 4]> {
        let difference = x - y;
        let squares = &difference * &difference;
        Ok([
            squares.f_sum_dim_intlist(0i64, false, None)?,
            squares.f_sum_dim_intlist(1i64, true, None)?,
            squares.f_sum(None)?,
            difference.f_mean(None)?,
        ])
    };
    let (mut step, mut kept) = (Step::new(), vec![]);
    for seed in 0..30 {
        random::manual_seed(seed);
        let (x, y) = (random::randn([33, 5])?, random::randn([33, 5])?);
        let expected = sums(&x, &y)?;
        let found = step.take_with([&x, &y], |[x, y]| sums(x, y))?;
        kept.push((x, y, expected, found));
    }
    for (seed, (.., expected, found)) in kept.iter().enumerate() {
        let is_same = expected.iter().zip(found).all(|(a, b)| same(a, b));
        assert!(is_same, "batch {seed}: {expected:?} and {found:?}");
    }
    assert!(step.replays() >= 20, "{:?}", step.refusal());
    Ok(())
}
