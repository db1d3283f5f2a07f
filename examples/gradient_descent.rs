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
//! `examples/gradient_descent.md` has the transcript; `scripts/reference/gradient_descent.py` is
//! the same program in Python.

use plot::Figure;
use tch::{Kind, Tensor, no_grad};
use torch_exact::data::{DataLoader, DataLoaderOptions, TensorDataset};
use torch_exact::nn::{self, Module};
use torch_exact::optim::{self, Optimizer};
use torch_exact::repr::{fixed, float32};
use torch_exact::{Result, loss, number_i64, random};
use tutorial::{About, Run, Seeds, display, numpy, print, print_each, println};

const ABOUT: About = About {
    name: "gradient_descent",
    title: "Gradient Descent and Linear Regression with PyTorch",
    author: "Deep Learning with PyTorch: Zero to GANs, part 2",
    seed: 3_809_636_297,
    seeds: Seeds::Torch,
    epochs: 500,
    lr: 1e-5,
    cuda_graph: false,
};

/// Words of the stream that the notebook's kernel had drawn before the first line below.
const DRAWN_BEFORE: i64 = 23_668;

/// Temperature (°F), rainfall (mm) and humidity (%) of 15 regions; part 1 uses the first five.
#[rustfmt::skip]
const INPUTS: [[f32; 3]; 15] = [
    [73., 67., 43.], [91., 88., 64.], [87., 134., 58.], [102., 43., 37.], [69., 96., 70.],
    [74., 66., 43.], [91., 87., 65.], [88., 134., 59.], [101., 44., 37.], [68., 96., 71.],
    [73., 66., 44.], [92., 87., 64.], [87., 135., 57.], [103., 43., 36.], [68., 97., 70.],
];

/// Their yields of apples and oranges (tons per hectare).
#[rustfmt::skip]
const TARGETS: [[f32; 2]; 15] = [
    [56., 70.], [81., 101.], [119., 133.], [22., 37.], [103., 119.],
    [57., 69.], [80., 102.], [118., 132.], [21., 38.], [104., 118.],
    [57., 69.], [82., 100.], [118., 134.], [20., 38.], [102., 120.],
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
    let numel = number_i64(diff.numel() as i64)?;
    Ok((&diff * &diff).sum(Kind::Float).f_div(&numel)?)
}

fn from_scratch(run: &Run) -> anyhow::Result<()> {
    let inputs = Tensor::from_slice2(&INPUTS[..5]).to_device(run.device());
    let targets = Tensor::from_slice2(&TARGETS[..5]).to_device(run.device());
    print_each([&inputs, &targets])?;

    // Weights and biases, random at first, and the predictions they make.
    let mut w = random::randn([2, 3])?.to_device(run.device()).set_requires_grad(true);
    let mut b = random::randn([2])?.to_device(run.device()).set_requires_grad(true);
    print_each([&w, &b])?;
    let model = |w: &Tensor, b: &Tensor| inputs.matmul(&w.tr()) + b;
    let preds = model(&w, &b);
    print_each([&preds, &targets])?;

    // The loss, its gradients, and a step downhill by hand.
    let backward = |step: i64, preds: &Tensor, loss: &Tensor, w: &Tensor, b: &Tensor| {
        loss.backward();
        run.record(("from_scratch", step), &[("preds", preds), ("loss", loss)])?;
        run.record_leaves(&[("w", w), ("b", b)])
    };
    let adjust = |w: &mut Tensor, b: &mut Tensor| {
        no_grad(|| {
            *w -= w.grad() * run.lr();
            *b -= b.grad() * run.lr();
            w.zero_grad();
            b.zero_grad();
        });
    };
    let loss = mse(&preds, &targets)?;
    print(&loss)?;
    backward(0, &preds, &loss, &w, &b)?;
    println!("gradient for weight")?;
    print_each([&w, &w.grad()])?;
    println!("gradient for biases")?;
    print_each([&b, &b.grad()])?;
    display(&w.grad())?;
    adjust(&mut w, &mut b);
    print_each([&mse(&preds, &targets)?, &w.grad(), &b.grad()])?;

    // A second step, and a hundred more.
    let preds = model(&w, &b);
    let loss = mse(&preds, &targets)?;
    print_each([&preds, &loss])?;
    backward(1, &preds, &loss, &w, &b)?;
    print_each([&w.grad(), &b.grad()])?;
    adjust(&mut w, &mut b);
    print_each([&w, &b, &mse(&model(&w, &b), &targets)?])?;

    let timer = run.timer("from_scratch");
    for i in 0..100 {
        let preds = model(&w, &b);
        let loss = mse(&preds, &targets)?;
        backward(2 + i, &preds, &loss, &w, &b)?;
        adjust(&mut w, &mut b);
    }
    drop(timer);
    let preds = model(&w, &b);
    let loss = mse(&preds, &targets)?;
    print(&loss)?;
    println!("average loss: {}", float32((run.item(&loss)? as f32).sqrt()))?;
    display(&preds)?;
    display(&targets)
}

fn built_ins(run: &Run) -> anyhow::Result<()> {
    let inputs = Tensor::from_slice2(&INPUTS).to_device(run.device());
    let targets = Tensor::from_slice2(&TARGETS).to_device(run.device());
    display(&inputs)?;

    // The data in batches of five.
    let train_ds = TensorDataset::new([&inputs, &targets])?;
    let [x, y] = train_ds.slice(0..3)?;
    display(&(x, y))?;
    let options = DataLoaderOptions { batch_size: 5, shuffle: true, ..Default::default() };
    let train_dl = DataLoader::new(train_ds, options)?;
    if let Some(batch) = train_dl.iter()?.next() {
        let [xb, yb] = batch?;
        println!("batch:")?;
        print_each([&xb, &yb])?;
        run.record("preview", &[("xb", &xb), ("yb", &yb)])?;
    }

    // The model, its loss and its optimizer.
    let model = nn::Linear::new(3, 2)?;
    model.to(run.device())?;
    model.parameters().iter().try_for_each(print)?;
    run.record("model", &[])?;
    run.record_model(&model)?;
    display(&model.parameters())?;
    display(&model.forward(&inputs)?)?;
    let loss_fn = loss::mse_loss;
    print(&loss_fn(&model.forward(&inputs)?, &targets)?)?;
    let options = optim::SGDOptions { lr: run.lr(), ..Default::default() };
    let mut opt = optim::SGD::new(model.parameters(), options)?;

    let (epochs, losses) = fit(run, run.epochs(), &model, loss_fn, &mut opt, &train_dl)?;

    // What it predicts, and for a new region.
    let preds = model.forward(&inputs)?;
    let region =
        model.forward(&Tensor::from_slice2(&[[75f32, 63., 44.]]).to_device(run.device()))?;
    run.record("trained", &[("preds", &preds), ("region", &region)])?;
    display(&preds)?;
    display(&targets)?;
    display(&region)?;

    // The notebook draws nothing; these two figures are ours.
    let mut fig = Figure::default();
    for (i, fruit) in [(0, "Apples"), (1, "Oranges")] {
        let [target, pred] = [&targets, &preds].map(|yields| numpy(&yields.select(1, i)));
        fig.scatter(&target?, &pred?).label(fruit);
    }
    fig.plot(&[20, 140], &[20, 140]).c("k").label("Equal");
    fig.xlabel("Target (tons per hectare)").ylabel("Prediction (tons per hectare)");
    fig.title("Data and fit").legend();
    run.savefig(&fig, "fit")?;
    let mut fig = Figure::default();
    fig.plot(&epochs, &losses);
    fig.xlabel("Epoch").ylabel("Loss").title("Loss of the last batch by epoch");
    run.savefig(&fig, "losses")
}

fn fit(
    run: &Run,
    num_epochs: i64,
    model: &nn::Linear,
    loss_fn: fn(&Tensor, &Tensor) -> Result<Tensor>,
    opt: &mut optim::SGD,
    train_dl: &DataLoader<TensorDataset<2>>,
) -> anyhow::Result<(Vec<i64>, Vec<f64>)> {
    let _timer = run.timer("fit");
    let (mut epochs, mut losses) = (vec![], vec![]);
    for epoch in 0..num_epochs {
        let mut last = None;
        for (batch, rows) in train_dl.iter()?.enumerate() {
            let [xb, yb] = rows?;
            let pred = model.forward(&xb)?; // 1. predictions
            let loss = loss_fn(&pred, &yb)?; // 2. loss
            loss.backward(); // 3. gradients
            opt.step()?; // 4. new parameters
            run.record(("fit", epoch, batch), &[("pred", &pred), ("loss", &loss)])?;
            run.record_indices(&train_dl.dataset().tensors()[0], &xb)?;
            run.record_model(model)?;
            opt.zero_grad()?; // 5. no gradients
            last = Some(loss);
        }
        if let Some(loss) = last.filter(|_| (epoch + 1) % 10 == 0) {
            let loss = run.item(&loss)?;
            println!("Epoch [{}/{num_epochs}], Loss: {}", epoch + 1, fixed(loss, 4))?;
            epochs.push(epoch + 1);
            losses.push(loss);
        }
    }
    Ok((epochs, losses))
}
