//! Trainings computed as other processors compute them: each step's bits against libtorch's, and a
//! published page number by number.
//!
//! `fixtures/training.jsonl` has what PyTorch computed in each arithmetic; `fixtures/training.py`
//! records it, and `fixtures/products.py` what an older MKL computes.

use seed_recovery::training::{
    Layer, Loss, Machine, Matrix, Mkl, Processor, Recording, Regression, Sums, Update, Verdict,
    explain,
};
use seed_recovery::{Arithmetic, Draw, Dtype, Error, Generator, Kind, Mt19937, Values, Words};

type Any = Result<(), Box<dyn std::error::Error>>;

/// The bits of values in one number, FNV-1a.
fn hash(values: &[f32]) -> u64 {
    let words = values.iter().map(|v| u64::from(v.to_bits()));
    words.fold(0xcbf2_9ce4_8422_2325, |hash, word| (hash ^ word).wrapping_mul(0x0100_0000_01b3))
}

#[derive(serde::Deserialize)]
struct Case {
    arithmetic: String,
    shape: [usize; 3],
    layer: String,
    loss: String,
    bits: [u64; 6],
}

/// The bits of predictions, loss, its gradient, the weight's, the bias's, and of the stepped parameters.
fn computed(case: &Case) -> Result<[u64; 6], Error> {
    let [n, k, m] = case.shape;
    let mut words = Mt19937::new((n * 100 + k * 10 + m) as u32);
    let mut rand = |count: usize, low: f32, high: f32| -> Vec<f32> {
        let unit = |word: u32| (word & 0xff_ffff) as f32 / 16_777_216.0;
        (0..count).map(|_| unit(words.word()) * (high - low) + low).collect()
    };
    let inputs = Matrix::new(k, rand(n * k, 0.0, 100.0))?;
    let weight = Matrix::new(k, rand(m * k, -1.0, 1.0))?;
    let bias = rand(m, -1.0, 1.0);
    let targets = Matrix::new(m, rand(n * m, 0.0, 100.0))?;
    let (arithmetic, (mkl, sums)) = match case.arithmetic.strip_suffix("-1.6") {
        Some(arithmetic) => (arithmetic, (Mkl::V2019, Sums::Sequential)),
        None => (case.arithmetic.as_str(), (Mkl::V2021, Sums::Cascaded)),
    };
    let (processor, fused) = match arithmetic {
        "amd" => (Processor::Amd, true),
        "unfused" => (Processor::Amd, false),
        "compatible" => (Processor::Compatible, true),
        _ => (Processor::Avx2, true),
    };
    let machine = Machine { processor, mkl, fused, sums };
    let (layer, update) = match case.layer.as_str() {
        "linear" => (Layer::Linear, Update::Sgd),
        _ => (Layer::ByHand, Update::ByHand),
    };
    let loss = match case.loss.as_str() {
        "mse" => Loss::Mse,
        "l1" => Loss::L1,
        "smooth_l1" => Loss::SmoothL1,
        _ => Loss::SquaresByHand,
    };
    let mut model = Regression::new(machine, layer, weight, bias)?;
    let predictions = model.predict(&inputs)?;
    let (value, gradient) = loss.of(sums, &predictions, &targets)?;
    let gradients = model.backward(&inputs, &gradient)?;
    model.step(update, &gradients, 1e-3);
    Ok([
        hash(predictions.values()),
        hash(&[value]),
        hash(gradient.values()),
        hash(gradients.weight.values()),
        hash(&gradients.bias),
        hash(&[model.weight.values(), &model.bias].concat()),
    ])
}

#[test]
fn every_step_has_the_bits_of_libtorch() -> Any {
    let (mut same, mut unknown) = (0, 0);
    for line in include_str!("fixtures/training.jsonl").lines() {
        let case: Case = serde_json::from_str(line)?;
        match computed(&case) {
            Err(Error::Unknown { .. }) => unknown += 1,
            bits => {
                let told =
                    format!("{} {:?} {} {}", case.arithmetic, case.shape, case.layer, case.loss);
                assert_eq!(
                    bits?, case.bits,
                    "{told}: predictions, loss, gradient, weight's, bias's, step"
                );
                same += 1;
            }
        }
    }
    println!("trainings with the bits of libtorch: {same} of {}", same + unknown);
    assert_eq!((same, unknown), (2760, 312));
    Ok(())
}

#[test]
fn products_have_the_bits_of_an_older_mkl() -> Any {
    let (mut same, mut unknown) = (0, 0);
    for line in include_str!("fixtures/products.jsonl").lines() {
        let (arithmetic, [n, k, m], bits): (String, [usize; 3], [u64; 2]) =
            serde_json::from_str(line)?;
        let processor = match arithmetic.as_str() {
            "amd" => Processor::Amd,
            "avx2" => Processor::Avx2,
            _ => Processor::Compatible,
        };
        let machine = Machine { processor, mkl: Mkl::V2019, fused: true, sums: Sums::Cascaded };
        let mut words = Mt19937::new((n * 100 + k * 10 + m) as u32);
        let mut rand = |columns, count| {
            let unit = |word: u32| (word & 0xff_ffff) as f32 / 16_777_216.0 - 0.5;
            Matrix::new(columns, (0..count).map(|_| unit(words.word())).collect())
        };
        let (inputs, weight, gradient) = (rand(k, n * k)?, rand(k, m * k)?, rand(m, n * m)?);
        let model = Regression::new(machine, Layer::ByHand, weight, vec![0.0; m])?;
        let product = model.predict(&inputs).map(|product| hash(product.values()));
        let gradient = model.backward(&inputs, &gradient).map(|g| hash(g.weight.values()));
        for (computed, bits) in [product, gradient].into_iter().zip(bits) {
            match computed {
                Err(Error::Unknown { .. }) => unknown += 1,
                computed => {
                    assert_eq!(computed?, bits, "{arithmetic}, {n} rows, {k} inputs, {m} outputs");
                    same += 1;
                }
            }
        }
    }
    println!("products with the bits of MKL 2019.0: {same} of {}", same + unknown);
    assert_eq!((same, unknown), (3118, 146));
    Ok(())
}

#[rustfmt::skip]
const INPUTS: [f32; 45] = [
    73., 67., 43., 91., 88., 64., 87., 134., 58., 102., 43., 37., 69., 96., 70.,
    74., 66., 43., 91., 87., 65., 88., 134., 59., 101., 44., 37., 68., 96., 71.,
    73., 66., 44., 92., 87., 64., 87., 135., 57., 103., 43., 36., 68., 97., 70.,
];
#[rustfmt::skip]
const TARGETS: [f32; 30] = [
    56., 70., 81., 101., 119., 133., 22., 37., 103., 119., 57., 69., 80., 102., 118., 132.,
    21., 38., 104., 118., 57., 69., 82., 100., 118., 134., 20., 38., 102., 120.,
];

fn draw(generator: &mut Generator<Mt19937>, kind: Kind, shape: &[usize]) -> Values {
    generator.draw(&Draw { kind, shape: shape.to_vec() })
}

fn floats(values: Values) -> Vec<f32> {
    if let Values::F32(values) = values { values } else { Vec::new() }
}

/// The order in which a pass of the shuffling loader serves its fifteen rows.
fn order(generator: &mut Generator<Mt19937>) -> Vec<usize> {
    // Each takes two words; the low one of the second pair seeds the sampler's generator.
    let low_word = Kind::Randint { low: 0, high: 1 << 32 };
    draw(generator, low_word, &[1]);
    let Values::I64(seed) = draw(generator, low_word, &[1]) else { return Vec::new() };
    let mut own = Generator::new(Mt19937::new(seed[0] as u32), Arithmetic::Avx2);
    match draw(&mut own, Kind::Randperm, &[15]) {
        Values::I64(order) => order.into_iter().map(|row| row as usize).collect(),
        _ => Vec::new(),
    }
}

/// The notebook, in the order in which its page prints.
fn gradient_descent(machine: Machine, page: &mut Recording) -> Result<(), Error> {
    let arithmetic = if machine.fused { Arithmetic::Avx2 } else { Arithmetic::Default };
    let mut generator = Generator::new(Mt19937::at(3_809_636_297, 23_668), arithmetic);
    let randn = Kind::Randn { dtype: Dtype::Float32 };
    let (inputs, targets) = (Matrix::new(3, INPUTS.to_vec())?, Matrix::new(2, TARGETS.to_vec())?);
    let five = [0, 1, 2, 3, 4];
    let select = |of: &Matrix, rows: &[usize]| {
        of.select(rows).ok_or(Error::Shape { reason: "no such row".into() })
    };
    let (x, y) = (select(&inputs, &five)?, select(&targets, &five)?);
    page.print("inputs", x.values());
    page.print("targets", y.values());
    let w = floats(draw(&mut generator, randn, &[2, 3]));
    let b = floats(draw(&mut generator, randn, &[2]));
    let mut model = Regression::new(machine, Layer::ByHand, Matrix::new(3, w)?, b)?;
    page.print("w", model.weight.values());
    page.print("b", &model.bias);
    let mut preds = model.predict(&x)?;
    page.print("preds", preds.values());
    page.print_integers("AddBackward", &[0]);
    page.print("targets", y.values());
    let (loss, gradient) = Loss::SquaresByHand.of(machine.sums, &preds, &y)?;
    page.print("loss", &[loss]);
    page.print_integers("DivBackward", &[0]);
    let mut gradients = model.backward(&x, &gradient)?;
    page.print("w", model.weight.values());
    page.print("w.grad", gradients.weight.values());
    page.print("b", &model.bias);
    page.print("b.grad", &gradients.bias);
    page.print("w.grad", gradients.weight.values());
    model.step(Update::ByHand, &gradients, 1e-5);
    page.print("loss", &[loss]);
    page.print_integers("DivBackward", &[0]);
    page.print("w.grad", &[0.0; 6]);
    page.print("b.grad", &[0.0; 2]);
    let mut print_step = true;
    for _ in 0..101 {
        preds = model.predict(&x)?;
        let (loss, gradient) = Loss::SquaresByHand.of(machine.sums, &preds, &y)?;
        gradients = model.backward(&x, &gradient)?;
        if print_step {
            page.print("preds", preds.values());
            page.print_integers("AddBackward", &[0]);
            page.print("loss", &[loss]);
            page.print_integers("DivBackward", &[0]);
            page.print("w.grad", gradients.weight.values());
            page.print("b.grad", &gradients.bias);
        }
        model.step(Update::ByHand, &gradients, 1e-5);
        page.hold("w", model.weight.values());
        if print_step {
            page.print("w", model.weight.values());
            page.print("b", &model.bias);
            let (loss, _) = Loss::SquaresByHand.of(machine.sums, &model.predict(&x)?, &y)?;
            page.print("loss", &[loss]);
            page.print_integers("DivBackward", &[0]);
        }
        print_step = false;
    }
    preds = model.predict(&x)?;
    let (loss, _) = Loss::SquaresByHand.of(machine.sums, &preds, &y)?;
    page.print("loss", &[loss]);
    page.print_integers("DivBackward", &[0]);
    page.print("average loss", &[loss.sqrt()]);
    page.print("preds", preds.values());
    page.print_integers("AddBackward", &[0]);
    page.print("targets", y.values());

    page.print("inputs", inputs.values());
    page.print("train_ds", &INPUTS[..9]);
    page.print("train_ds", &TARGETS[..6]);
    let preview = &order(&mut generator)[..5];
    page.print("batch", select(&inputs, preview)?.values());
    page.print("batch", select(&targets, preview)?.values());
    let linear = Kind::Linear { inputs: 3, outputs: 2, bias: true, dtype: Dtype::Float32 };
    let parameters = floats(draw(&mut generator, linear, &[]));
    let (w, b) = parameters.split_at(6);
    let mut model =
        Regression::new(machine, Layer::Linear, Matrix::new(3, w.to_vec())?, b.to_vec())?;
    for _ in 0..2 {
        page.print("weight", w);
        page.print("bias", b);
    }
    let preds = model.predict(&inputs)?;
    page.print("preds", preds.values());
    page.print_integers("AddmmBackward", &[0]);
    page.print("loss", &[Loss::Mse.of(machine.sums, &preds, &targets)?.0]);
    page.print_integers("MseLossBackward", &[0]);
    for epoch in 1..=500 {
        let mut last = 0.0;
        for batch in order(&mut generator).chunks(5) {
            let (x, y) = (select(&inputs, batch)?, select(&targets, batch)?);
            let (loss, gradient) = Loss::Mse.of(machine.sums, &model.predict(&x)?, &y)?;
            let gradients = model.backward(&x, &gradient)?;
            model.step(Update::Sgd, &gradients, 1e-5);
            last = loss;
        }
        // The page ends its list of losses there.
        if epoch % 10 == 0 && epoch <= 410 {
            page.print_integers("epoch", &[epoch, 500]);
            page.print("loss", &[last]);
        }
    }
    page.print("preds", model.predict(&inputs)?.values());
    page.print_integers("AddmmBackward", &[0]);
    page.print("targets", targets.values());
    page.print("prediction", model.predict(&Matrix::new(3, vec![75., 63., 44.])?)?.values());
    page.print_integers("AddmmBackward", &[0]);
    Ok(())
}

#[test]
fn a_published_page_tells_its_processor() -> Any {
    let page = include_str!("../../../tests/published/gradient_descent.txt");
    // Titles and known differences are no part of the page.
    let page: String = page
        .lines()
        .map(|line| if line.starts_with(['#', '!']) { "\n".into() } else { format!("{line}\n") })
        .collect();
    let explanation = explain(&page, &Machine::all(), &gradient_descent)?;
    print!("{explanation}");
    assert_eq!(explanation.numbers, 464);
    let agreeing = |processor| {
        let (mkl, sums) = (Mkl::V2021, Sums::Cascaded);
        explanation.agreeing(Machine { processor, mkl, fused: true, sums })
    };
    assert_eq!(agreeing(Processor::Avx512), Some(464));
    assert_eq!(agreeing(Processor::Amd), Some(453));
    assert_eq!(agreeing(Processor::Compatible), Some(453));
    assert_eq!(agreeing(Processor::Avx2), Some(447));
    let (_, Verdict::Replayed(differences)) = &explanation.machines[16] else {
        panic!("AMD is known");
    };
    assert_eq!((differences[0].line, differences[0].printed.as_str()), (60, "-4178.4097"));
    assert!(differences.iter().all(|difference| !difference.stale));
    Ok(())
}
