//! Gradient Descent and Linear Regression with PyTorch (part 2 of Deep Learning with PyTorch: Zero
//! to GANs): yields of apples and oranges, first by hand and then with PyTorch's own parts.
//!
//! The notebook names no seed, and its kernel had run thousands of cells before. It is 3809636297,
//! 23,668 words into the generator's stream.
//!
//! ```text
//! cargo run --release --example gradient_descent
//! ```
//!
//! `examples/gradient_descent.md` has the transcript and the eleven figures whose last digit another
//! processor printed; `scripts/reference/gradient_descent.py` is the same program in Python.

use tch::{Kind, Tensor, no_grad};
use torch_exact::data::{DataLoader, DataLoaderOptions, TensorDataset};
use torch_exact::nn::{self, Module};
use torch_exact::optim::{self, Optimizer};
use torch_exact::repr::{fixed, float32};
use torch_exact::{Result, loss, random};
use tutorial::{About, Run, Seeds, display, print, println};

const ABOUT: About = About {
    name: "gradient_descent",
    title: "Gradient Descent and Linear Regression with PyTorch",
    author: "Deep Learning with PyTorch: Zero to GANs, part 2",
    seed: 3_809_636_297,
    seeds: Seeds::Torch,
    epochs: 500,
    lr: 1e-5,
};

/// Words of the stream that the notebook's kernel had drawn before the first line below.
const DRAWN_BEFORE: i64 = 23_668;

/// Temperature (°F), rainfall (mm) and humidity (%) of 15 regions; part 1 uses the first five.
const INPUTS: [[f32; 3]; 15] = [
    [73., 67., 43.],
    [91., 88., 64.],
    [87., 134., 58.],
    [102., 43., 37.],
    [69., 96., 70.],
    [74., 66., 43.],
    [91., 87., 65.],
    [88., 134., 59.],
    [101., 44., 37.],
    [68., 96., 71.],
    [73., 66., 44.],
    [92., 87., 64.],
    [87., 135., 57.],
    [103., 43., 36.],
    [68., 97., 70.],
];

/// Their yields of apples and oranges (tons per hectare).
const TARGETS: [[f32; 2]; 15] = [
    [56., 70.],
    [81., 101.],
    [119., 133.],
    [22., 37.],
    [103., 119.],
    [57., 69.],
    [80., 102.],
    [118., 132.],
    [21., 38.],
    [104., 118.],
    [57., 69.],
    [82., 100.],
    [118., 134.],
    [20., 38.],
    [102., 120.],
];

fn main() {
    tutorial::main(&ABOUT, run)
}

fn run(run: &Run) -> anyhow::Result<()> {
    random::manual_seed(run.seed());
    if run.seed_is_documents() {
        let _thrown_away = random::rand([DRAWN_BEFORE])?;
    }
    from_scratch(run)?;
    built_ins(run)
}

/// The mean squared error, spelled out.
fn mse(t1: &Tensor, t2: &Tensor) -> Result<Tensor> {
    let diff = t1 - t2;
    let count = libtorch::number_i64(diff.numel() as i64)?;
    Ok((&diff * &diff).sum(Kind::Float).f_div(&count)?)
}

fn from_scratch(run: &Run) -> anyhow::Result<()> {
    let inputs = Tensor::from_slice2(&INPUTS[..5]).to_device(run.device());
    let targets = Tensor::from_slice2(&TARGETS[..5]).to_device(run.device());
    print(&inputs)?;
    print(&targets)?;

    // Weights and biases, random at first.
    let mut w = random::randn([2, 3])?
        .to_device(run.device())
        .set_requires_grad(true);
    let mut b = random::randn([2])?
        .to_device(run.device())
        .set_requires_grad(true);
    print(&w)?;
    print(&b)?;
    let model = |x: &Tensor, w: &Tensor, b: &Tensor| x.matmul(&w.tr()) + b;
    let preds = model(&inputs, &w, &b);
    print(&preds)?;
    print(&targets)?;

    // The loss and its gradients.
    let loss = mse(&preds, &targets)?;
    print(&loss)?;
    loss.backward();
    println!("gradient for weight")?;
    print(&w)?;
    print(&w.grad())?;
    println!("gradient for biases")?;
    print(&b)?;
    print(&b.grad())?;

    // A step downhill, by hand.
    let lr = run.lr();
    let adjust = |w: &mut Tensor, b: &mut Tensor| {
        no_grad(|| {
            *w -= w.grad() * lr;
            *b -= b.grad() * lr;
            w.zero_grad();
            b.zero_grad();
        });
    };
    display(&w.grad())?;
    adjust(&mut w, &mut b);
    print(&mse(&preds, &targets)?)?;
    print(&w.grad())?;
    print(&b.grad())?;

    // A second one.
    let preds = model(&inputs, &w, &b);
    print(&preds)?;
    let loss = mse(&preds, &targets)?;
    print(&loss)?;
    loss.backward();
    print(&w.grad())?;
    print(&b.grad())?;
    adjust(&mut w, &mut b);
    print(&w)?;
    print(&b)?;
    print(&mse(&model(&inputs, &w, &b), &targets)?)?;

    // And a hundred more.
    for _ in 0..100 {
        let preds = model(&inputs, &w, &b);
        let loss = mse(&preds, &targets)?;
        loss.backward();
        adjust(&mut w, &mut b);
    }
    let preds = model(&inputs, &w, &b);
    let loss = mse(&preds, &targets)?;
    print(&loss)?;
    println!(
        "average loss: {}",
        float32((run.item(&loss)? as f32).sqrt())
    )?;
    display(&preds)?;
    display(&targets)
}

fn built_ins(run: &Run) -> anyhow::Result<()> {
    let inputs = Tensor::from_slice2(&INPUTS).to_device(run.device());
    let targets = Tensor::from_slice2(&TARGETS).to_device(run.device());
    display(&inputs)?;

    // The data in batches of five.
    let train_ds = TensorDataset::new([&inputs, &targets])?;
    let [x3, y3] = train_ds.slice(0..3)?;
    display(&(x3, y3))?;
    let options = DataLoaderOptions {
        batch_size: 5,
        shuffle: true,
        ..Default::default()
    };
    let train_dl = DataLoader::new(train_ds, options)?;
    if let Some(batch) = train_dl.iter()?.next() {
        let [xb, yb] = batch?;
        println!("batch:")?;
        print(&xb)?;
        print(&yb)?;
    }

    // The model, its loss and its optimizer.
    let model = nn::Linear::new(3, 2)?;
    model.to(run.device())?;
    print(&model.weight())?;
    if let Some(bias) = model.bias() {
        print(&bias)?;
    }
    display(&model.parameters())?;
    let preds = model.forward(&inputs)?;
    display(&preds)?;
    let loss_fn = loss::mse_loss;
    print(&loss_fn(&model.forward(&inputs)?, &targets)?)?;
    let options = optim::SGDOptions {
        lr: run.lr(),
        ..Default::default()
    };
    let mut opt = optim::SGD::new(model.parameters(), options)?;

    fit(run, &model, loss_fn, &mut opt, &train_dl)?;

    let preds = model.forward(&inputs)?;
    display(&preds)?;
    display(&targets)?;
    let region = Tensor::from_slice2(&[[75f32, 63., 44.]]).to_device(run.device());
    display(&model.forward(&region)?)
}

fn fit(
    run: &Run,
    model: &nn::Linear,
    loss_fn: fn(&Tensor, &Tensor) -> Result<Tensor>,
    opt: &mut optim::SGD,
    train_dl: &DataLoader<2>,
) -> anyhow::Result<()> {
    let num_epochs = run.epochs();
    for epoch in 0..num_epochs {
        let mut last_loss = None;
        for batch in train_dl.iter()? {
            let [xb, yb] = batch?;
            let pred = model.forward(&xb)?; // 1. predictions
            let loss = loss_fn(&pred, &yb)?; // 2. loss
            loss.backward(); // 3. gradients
            opt.step()?; // 4. parameters
            opt.zero_grad()?; // 5. no gradients
            last_loss = Some(loss);
        }
        if let Some(loss) = last_loss.filter(|_| (epoch + 1) % 10 == 0) {
            let item = fixed(run.item(&loss)?, 4);
            println!("Epoch [{}/{num_epochs}], Loss: {item}", epoch + 1)?;
        }
    }
    Ok(())
}
