//! The loops of `benches/loops.rs` on candle; other bits than PyTorch's.

use std::collections::HashMap;
use std::io::BufRead as _;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use candle_core::{DType, Device, Tensor, Var};
use candle_nn::{AdamW, Linear, Module, Optimizer, ParamsAdamW, SGD, VarBuilder, VarMap, linear};
use rand::seq::SliceRandom as _;

type Take = Box<dyn FnMut() -> Result<Tensor>>;
type Loss = fn(&Tensor, &Tensor) -> candle_core::Result<Tensor>;

const CPU: Device = Device::Cpu;

fn randn(rows: usize, columns: usize) -> Result<Tensor> {
    Ok(Tensor::randn(0f32, 1., (rows, columns), &CPU)?)
}

fn line() -> Result<(Tensor, Tensor)> {
    let x: Vec<_> = (0..40).map(|i| i as f32 * 0.025).collect();
    let x = Tensor::from_vec(x, (40, 1), &CPU)?;
    let y = x.affine(0.7, 0.3)?;
    Ok((x, y))
}

fn l1(a: &Tensor, b: &Tensor) -> candle_core::Result<Tensor> {
    (a - b)?.abs()?.mean_all()
}

/// Layers with ReLU between them.
fn layers(sizes: &[usize]) -> Result<(VarMap, Vec<Linear>)> {
    let map = VarMap::new();
    let builder = VarBuilder::from_varmap(&map, DType::F32, &CPU);
    let layers = sizes.windows(2).enumerate();
    let layers = layers.map(|(i, pair)| Ok(linear(pair[0], pair[1], builder.pp(i.to_string()))?));
    let layers = layers.collect::<Result<_>>()?;
    Ok((map, layers))
}

fn forward(layers: &[Linear], x: &Tensor) -> candle_core::Result<Tensor> {
    let (last, others) = layers.split_last().expect("a layer");
    let mut x = x.clone();
    for layer in others {
        x = layer.forward(&x)?.relu()?;
    }
    last.forward(&x)
}

fn two_parameters() -> Result<Take> {
    let (x, y) = line()?;
    let var = || Ok::<_, anyhow::Error>(Var::from_tensor(&Tensor::randn(0f32, 1., 1, &CPU)?)?);
    let (weight, bias) = (var()?, var()?);
    let mut optimizer = SGD::new(vec![weight.clone(), bias.clone()], 0.001)?;
    Ok(Box::new(move || {
        let prediction = x.broadcast_mul(&weight)?.broadcast_add(&bias)?;
        let loss = l1(&prediction, &y)?;
        optimizer.backward_step(&loss)?;
        Ok(loss)
    }))
}

fn fixed(sizes: &[usize], loss_of: Loss, lr: f64, (x, y): (Tensor, Tensor)) -> Result<Take> {
    let (map, layers) = layers(sizes)?;
    let mut optimizer = SGD::new(map.all_vars(), lr)?;
    Ok(Box::new(move || {
        let loss = loss_of(&forward(&layers, &x)?, &y)?;
        optimizer.backward_step(&loss)?;
        Ok(loss)
    }))
}

fn epochs(
    layers: Vec<Linear>,
    mut optimizer: impl Optimizer + 'static,
    loss_of: Loss,
    (x, y): (Tensor, Tensor),
    size: usize,
) -> Result<Take> {
    let mut order: Vec<u32> = (0..x.dim(0)? as u32).collect();
    Ok(Box::new(move || {
        order.shuffle(&mut rand::rng());
        let mut last = None;
        for rows in order.chunks(size) {
            let rows = Tensor::new(rows, &CPU)?;
            let (x, y) = (x.index_select(&rows, 0)?, y.index_select(&rows, 0)?);
            let loss = loss_of(&forward(&layers, &x)?, &y)?;
            optimizer.backward_step(&loss)?;
            last = Some(loss);
        }
        last.context("no rows")
    }))
}

fn make(name: &str) -> Result<Take> {
    use candle_nn::loss::{cross_entropy, mse};
    match name {
        "two_parameters" => two_parameters(),
        "two_layers" => fixed(&[1, 10, 1], l1, 0.001, line()?),
        "fit" => {
            let (map, layers) = layers(&[3, 2])?;
            let optimizer = SGD::new(map.all_vars(), 1e-5)?;
            epochs(layers, optimizer, mse, (randn(15, 3)?, randn(15, 2)?), 5)
        }
        "classifier" => {
            let (map, layers) = layers(&[20, 64, 64, 4])?;
            // Without decay AdamW is Adam.
            let options = ParamsAdamW { lr: 1e-3, weight_decay: 0., ..Default::default() };
            let optimizer = AdamW::new(map.all_vars(), options)?;
            let classes: Vec<_> = (0..320).map(|_| rand::random_range(0..4u32)).collect();
            epochs(layers, optimizer, cross_entropy, (randn(320, 20)?, Tensor::new(classes, &CPU)?), 32)
        }
        _ => {
            let size = name.strip_prefix("step:").and_then(|size| size.split_once('x'));
            let (rows, features) = size.with_context(|| format!("no loop is named {name}"))?;
            let (rows, features) = (rows.parse()?, features.parse()?);
            fixed(&[features, 1], mse, 1e-3, (randn(rows, features)?, randn(rows, 1)?))
        }
    }
}

fn take(one: &mut Take, times: usize) -> Result<()> {
    let start = Instant::now();
    let mut last = None;
    for _ in 0..times {
        last = Some(one()?);
    }
    let seconds = start.elapsed().as_secs_f64();
    let loss = last.context("it was taken no times")?.to_scalar::<f32>()?;
    println!("{{\"seconds\": {seconds:e}, \"loss\": \"{:08x}\"}}", loss.to_bits());
    Ok(())
}

fn main() -> Result<()> {
    let args: Vec<_> = std::env::args().collect();
    if let [_, run, name, _, times] = args.as_slice()
        && run == "--run"
    {
        return take(&mut make(name)?, times.parse()?);
    }
    let mut all = HashMap::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let [name, _, times] = line.split(' ').collect::<Vec<_>>()[..] else {
            bail!("{line:?} is not LOOP WAY TIMES");
        };
        if !all.contains_key(name) {
            all.insert(name.to_owned(), make(name)?);
        }
        take(all.get_mut(name).context("it was put there")?, times.parse()?)?;
    }
    Ok(())
}
