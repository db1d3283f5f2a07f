//! Losses, and functions of `nn.init` and `nn.utils`, as modules, so that they are compared as layers are.

use anyhow::{Context as _, Result};
use tch::{Kind, Tensor};
use torch_exact::nn::{init, utils, *};
use torch_exact::random;

use super::arguments::Arguments;

/// Several tensors, and a number that the call may have, made others.
type Call = dyn Fn(&[Tensor], Option<f64>) -> torch_exact::Result<Vec<Tensor>> + Send;

/// A function that is called as a module's `forward`.
pub struct Function(Box<Call>, String);

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Function")
    }
}

impl Module for Function {
    fn forward(&self, input: &Tensor) -> torch_exact::Result<Tensor> {
        Ok((self.0)(std::slice::from_ref(input), None)?.swap_remove(0))
    }

    /// What a loss prints; a function does not.
    fn repr(&self) -> torch_exact::Result<String> {
        Ok(self.1.clone())
    }
}

fn city(a: &Tensor, b: &Tensor) -> torch_exact::Result<Tensor> {
    Ok(a.f_sub(b)?.f_abs()?.f_sum_dim_intlist([-1].as_slice(), false, None)?)
}

/// One of them by its name; none for another layer.
pub fn make(name: &str, a: &Arguments, dtype: Kind) -> Result<Option<Box<dyn Module>>> {
    if let Some(call) = function(name, a) {
        return Ok(Some(Box::new(Function(call, String::new()))));
    }
    if !name.ends_with("Loss") {
        return Ok(None);
    }
    let given = a.text("reduction", "mean");
    let reduction = match given {
        "sum" => Reduction::Sum,
        "none" => Reduction::None,
        _ => Reduction::default(),
    };
    let weight = || -> Result<Option<Tensor>> {
        let drawn = a.maybe_int("weight").map(|count| random::rand([count])).transpose()?;
        Ok(drawn.map(|weight| weight.to_kind(dtype)))
    };
    /// A loss of so many tensors, with its options.
    macro_rules! of {
        ($loss:expr, $($n:literal),+) => {{
            let loss = $loss;
            let printed = Module::repr(&loss)?;
            let call = move |x: &[Tensor], _: Option<f64>| Ok(vec![loss.forward($(&x[$n]),+)?]);
            (Box::new(call) as Box<Call>, printed)
        }};
    }
    /// The options of a loss, those that are not given with their defaults.
    macro_rules! floats {
        ($loss:ident { $($option:ident),* }) => {{
            let default = $loss::new();
            $loss { reduction, $($option: a.float(stringify!($option), default.$option)),* }
        }};
    }
    let (call, printed) = match name {
        "CTCLoss" => {
            let default = CTCLoss::new();
            let blank = a.int("blank", default.blank);
            let zero_infinity = a.flag("zero_infinity", default.zero_infinity);
            of!(CTCLoss { reduction, blank, zero_infinity }, 0, 1, 2, 3)
        }
        "CosineEmbeddingLoss" => of!(floats!(CosineEmbeddingLoss { margin }), 0, 1, 2),
        "GaussianNLLLoss" => {
            let default = GaussianNLLLoss::new();
            let (full, eps) = (a.flag("full", default.full), a.float("eps", default.eps));
            let loss = GaussianNLLLoss { full, eps, reduction };
            let call = move |x: &[Tensor], number: Option<f64>| match number {
                Some(number) => Ok(vec![loss.forward(&x[0], &x[1], number)?]),
                None => Ok(vec![loss.forward(&x[0], &x[1], &x[2])?]),
            };
            (Box::new(call) as Box<Call>, Module::repr(&loss)?)
        }
        "HingeEmbeddingLoss" => of!(floats!(HingeEmbeddingLoss { margin }), 0, 1),
        "KLDivLoss" => {
            let default = KLDivLoss::new();
            let reduction = match given {
                "batchmean" => KLDivReduction::BatchMean,
                "sum" => KLDivReduction::Sum,
                "none" => KLDivReduction::None,
                _ => default.reduction,
            };
            let log_target = a.flag("log_target", default.log_target);
            of!(KLDivLoss { reduction, log_target }, 0, 1)
        }
        "MarginRankingLoss" => of!(floats!(MarginRankingLoss { margin }), 0, 1, 2),
        "MultiLabelMarginLoss" => of!(MultiLabelMarginLoss { reduction }, 0, 1),
        "MultiLabelSoftMarginLoss" => {
            of!(MultiLabelSoftMarginLoss { reduction, weight: weight()? }, 0, 1)
        }
        "MultiMarginLoss" => {
            let default = MultiMarginLoss::new();
            let (p, margin) = (a.int("p", default.p), a.float("margin", default.margin));
            of!(MultiMarginLoss { reduction, p, margin, weight: weight()? }, 0, 1)
        }
        "PoissonNLLLoss" => {
            let default = PoissonNLLLoss::new();
            let log_input = a.flag("log_input", default.log_input);
            let (full, eps) = (a.flag("full", default.full), a.float("eps", default.eps));
            of!(PoissonNLLLoss { reduction, log_input, full, eps }, 0, 1)
        }
        "SoftMarginLoss" => of!(SoftMarginLoss { reduction }, 0, 1),
        "TripletMarginLoss" => {
            let default = TripletMarginLoss::new();
            let loss = TripletMarginLoss {
                reduction,
                margin: a.float("margin", default.margin),
                p: a.float("p", default.p),
                eps: a.float("eps", default.eps),
                swap: a.flag("swap", default.swap),
            };
            of!(loss, 0, 1, 2)
        }
        "TripletMarginWithDistanceLoss" => {
            let default = TripletMarginWithDistanceLoss::new();
            let loss = TripletMarginWithDistanceLoss {
                reduction,
                distance_function: a.get("distance_function").map(|_| city as fn(&_, &_) -> _),
                margin: a.float("margin", default.margin),
                swap: a.flag("swap", default.swap),
            };
            of!(loss, 0, 1, 2)
        }
        _ => return Ok(None),
    };
    Ok(Some(Box::new(Function(call, printed))))
}

/// What a function of `nn.init` fills, or one of `nn.utils` makes.
fn function(name: &str, a: &Arguments) -> Option<Box<Call>> {
    let float = |name: &str, default: f64| a.float(name, default);
    let foreach = a.get("foreach").and_then(serde_json::Value::as_bool);
    macro_rules! filled {
        (|$tensor:ident| $fill:expr) => {
            Box::new(move |x: &[Tensor], _: Option<f64>| {
                let $tensor = shim::clone(&x[0].detach())?;
                $fill?;
                Ok(vec![$tensor])
            })
        };
    }
    let norm_type = float("norm_type", 2.);
    Some(match name {
        "init.dirac_" => {
            let groups = a.int("groups", 1);
            filled!(|tensor| init::dirac_(&tensor, groups))
        }
        "init.eye_" => filled!(|tensor| init::eye_(&tensor)),
        "init.orthogonal_" => {
            let gain = float("gain", 1.);
            filled!(|tensor| init::orthogonal_(&tensor, gain))
        }
        "init.sparse_" => {
            let (sparsity, std) = (float("sparsity", 0.), float("std", 0.01));
            filled!(|tensor| init::sparse_(&tensor, sparsity, std))
        }
        "init.trunc_normal_" => {
            let (mean, std) = (float("mean", 0.), float("std", 1.));
            let (low, high) = (float("a", -2.), float("b", 2.));
            filled!(|tensor| init::trunc_normal_(&tensor, mean, std, low, high))
        }
        "utils.parameters_to_vector" => {
            Box::new(|x: &[Tensor], _| Ok(vec![utils::parameters_to_vector(x)?]))
        }
        "utils.vector_to_parameters" => Box::new(|x: &[Tensor], _| {
            let parameters: Vec<_> = x[1..].iter().map(Tensor::detach).collect();
            utils::vector_to_parameters(&x[0].detach(), &parameters)?;
            Ok(parameters)
        }),
        "utils.get_total_norm" => {
            let finite = a.flag("error_if_nonfinite", false);
            Box::new(move |x: &[Tensor], _| {
                Ok(vec![utils::get_total_norm(x, norm_type, finite, foreach)?])
            })
        }
        "utils.clip_grads_with_norm_" => {
            let max_norm = float("max_norm", 0.);
            Box::new(move |x: &[Tensor], _| {
                let leaf = |x: &Tensor| shim::clone(&x.detach()).map(|x| x.set_requires_grad(true));
                let parameters = x[1..].iter().map(leaf).collect::<Result<Vec<_>, _>>()?;
                let square = |x: &Tensor| x.f_mul(x)?.f_sum(None)?.f_backward();
                tch::with_grad(|| parameters.iter().try_for_each(square))?;
                let total_norm = x[0].detach().f_abs()?.f_sum(None)?;
                utils::clip_grads_with_norm_(&parameters, max_norm, &total_norm, foreach)?;
                Ok(parameters.iter().map(Tensor::grad).collect())
            })
        }
        _ => return None,
    })
}

pub fn is_one(model: &dyn Module) -> bool {
    model.downcast_ref::<Function>().is_some()
}

pub fn call(model: &dyn Module, tensors: &[Tensor], a: &Arguments) -> Result<Vec<Tensor>> {
    let function = model.downcast_ref::<Function>().context("a function")?;
    let number = a.get("var").and_then(serde_json::Value::as_f64);
    Ok((function.0)(tensors, number)?)
}
