//! Gradient Descent and Linear Regression with PyTorch: by hand, then with PyTorch's own parts.

use torch_exact::prelude::*;
use tutorial::{Arithmetic, Run, Tutorial, display, print, println};

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
    let title = "Gradient Descent and Linear Regression with PyTorch";
    Tutorial::new(title, "Deep Learning with PyTorch: Zero to GANs, part 2")
        .seed(3_809_636_297)
        .epochs(500)
        .lr(1e-5)
        .arithmetic(Arithmetic::Avx512)
        .run(gradient_descent)
}

fn gradient_descent(run: &Run) -> tutorial::Result {
    random::manual_seed(run.seed);
    if run.seed_is_documents {
        let _thrown_away = random::rand([DRAWN_BEFORE])?;
    }
    from_scratch(run)?;
    built_ins(run)
}

fn model(x: &Tensor, w: &Tensor, b: &Tensor) -> Tensor {
    x.matmul(&w.tr()) + b
}

fn mse(t1: &Tensor, t2: &Tensor) -> Tensor {
    let diff = t1 - t2;
    (&diff * &diff).sum(None) / number(diff.numel())
}

fn from_scratch(run: &Run) -> tutorial::Result {
    let inputs = tensor(&INPUTS[..5])?.to(run.device);
    let targets = tensor(&TARGETS[..5])?.to(run.device);
    print(&inputs)?;
    print(&targets)?;

    // Weights and biases, random at first, and the predictions they make.
    let mut w = random::randn([2, 3])?.to(run.device).set_requires_grad(true);
    let mut b = random::randn([2])?.to(run.device).set_requires_grad(true);
    print(&w)?;
    print(&b)?;
    let preds = model(&inputs, &w, &b);
    print(&preds)?;
    print(&targets)?;

    // The loss, its gradients, and a step downhill by hand.
    let loss = mse(&preds, &targets);
    print(&loss)?;
    loss.backward();
    println!("gradient for weight")?;
    print(&w)?;
    print(&w.grad())?;
    println!("gradient for biases")?;
    print(&b)?;
    print(&b.grad())?;
    display(&w.grad())?;
    no_grad(|| {
        w -= w.grad() * number(run.lr);
        b -= b.grad() * number(run.lr);
        let _ = w.grad().zero_();
        let _ = b.grad().zero_();
    });
    print(&mse(&preds, &targets))?;
    print(&w.grad())?;
    print(&b.grad())?;

    // A second step, and a hundred more.
    let preds = model(&inputs, &w, &b);
    print(&preds)?;
    let loss = mse(&preds, &targets);
    print(&loss)?;
    loss.backward();
    print(&w.grad())?;
    print(&b.grad())?;
    no_grad(|| {
        w -= w.grad() * number(run.lr);
        b -= b.grad() * number(run.lr);
        let _ = w.grad().zero_();
        let _ = b.grad().zero_();
    });
    print(&w)?;
    print(&b)?;
    print(&mse(&model(&inputs, &w, &b), &targets))?;

    for _ in 0..100 {
        let preds = model(&inputs, &w, &b);
        let loss = mse(&preds, &targets);
        loss.backward();
        no_grad(|| {
            w -= w.grad() * number(run.lr);
            b -= b.grad() * number(run.lr);
            let _ = w.grad().zero_();
            let _ = b.grad().zero_();
        });
    }
    let preds = model(&inputs, &w, &b);
    let loss = mse(&preds, &targets);
    print(&loss)?;
    println!("average loss: {}", numpy::float32(loss.item()?).sqrt())?;
    display(&preds)?;
    display(&targets)
}

fn built_ins(run: &Run) -> tutorial::Result {
    let inputs = tensor(INPUTS)?.to(run.device);
    let targets = tensor(TARGETS)?.to(run.device);
    display(&inputs)?;

    // The data in batches of five.
    let train_ds = TensorDataset::new([&inputs, &targets])?;
    let [x, y] = train_ds.slice(0..3)?;
    display(&(x, y))?;
    let options = DataLoaderOptions { batch_size: 5, shuffle: true, ..Default::default() };
    let train_dl = DataLoader::new(train_ds, options)?;
    for batch in train_dl.iter().take(1) {
        let [xb, yb] = batch?;
        println!("batch:")?;
        print(&xb)?;
        print(&yb)?;
    }

    // The model, its loss and its optimizer.
    let model = nn::Linear::new(3, 2)?.to(run.device)?;
    print(&model.weight)?;
    print(model.bias()?)?;
    display(&model.parameters())?;
    display(&model.forward(&inputs)?)?;
    let loss_fn = F::mse_loss;
    print(&loss_fn(&model.forward(&inputs)?, &targets)?)?;
    let mut opt = optim::SGD::new(model.parameters(), optim::lr(run.lr))?;

    let (mut epochs, mut losses, mut loss) = (vec![], vec![], Tensor::new());
    for epoch in 0..run.epochs {
        for batch in &train_dl {
            let [xb, yb] = batch?;
            let pred = model.forward(&xb)?;
            loss = loss_fn(&pred, &yb)?;
            loss.backward();
            opt.step()?;
            opt.zero_grad()?;
        }
        if (epoch + 1) % 10 == 0 {
            epochs.push(epoch + 1);
            losses.push(loss.item()?);
            println!("Epoch [{}/{}], Loss: {:.4}", epoch + 1, run.epochs, loss.item()?)?;
        }
    }

    // What it predicts, and for a new region.
    let preds = model.forward(&inputs)?;
    display(&preds)?;
    display(&targets)?;
    let region = tensor([[75., 63., 44.]])?.to(run.device);
    display(&model.forward(&region)?)?;

    // The notebook draws nothing; these two figures are ours.
    run.figure("fit", |fig| {
        for (i, fruit) in (0..).zip(["Apples", "Oranges"]) {
            fig.scatter(&targets.i((.., i)), &preds.i((.., i))).label(fruit);
        }
        fig.plot(&[20, 140], &[20, 140]).c("k").label("Equal");
        fig.xlabel("Target (tons per hectare)").ylabel("Prediction (tons per hectare)");
        fig.title("Data and fit").legend();
    })?;
    run.figure("losses", |fig| {
        fig.plot(&epochs, &losses);
        fig.xlabel("Epoch").ylabel("Loss").title("Loss of the last batch by epoch");
    })
}
