//! Modules keep their parts, mode and names as `torch.nn.Module` does, print as Python prints them,
//! and make the same bits.

use anyhow::{Context as _, Result, bail, ensure};
use common::golden::{golden, live};
use common::python::skipped;
use common::{bits, dtype_of, generator_alone};
use serde::Deserialize;
use tch::{Kind, Tensor};
use torch_exact::nn::init::{self, FanMode, Nonlinearity};
use torch_exact::nn::{
    self, Buffer, Dropout, Flatten, Func, Identity, Linear, LinearOptions, LogSoftmax, Module,
    Parameter, ReLU, Sequential, Sigmoid, Softmax, Tanh,
};
use torch_exact::optim::{self, Optimizer, SGD};
use torch_exact::{Error, parts, random};

fn names(module: &dyn Module) -> Vec<String> {
    module.named_parameters().into_iter().map(|(name, _)| name).collect()
}

/// What Python made of a layer, an initializer or a whole module.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Case {
    Layer {
        layer: String,
        dtype: String,
        shape: Vec<i64>,
        bits: String,
        grad: String,
        next: String,
    },
    Init {
        init: String,
        dtype: String,
        shape: Vec<i64>,
        bits: String,
        next: String,
    },
    Module {
        module: String,
        text: String,
        state: Vec<String>,
    },
}

impl Case {
    /// Makes the same with the seed that is the case's number.
    fn check(&self, seed: u64) -> Result<()> {
        random::manual_seed(seed);
        match self {
            Self::Layer { layer, dtype, shape, bits: expected, grad, next } => {
                let x = random::randn(shape)?.to_kind(dtype_of(dtype)?).set_requires_grad(true);
                let weights = random::randn(shape)?.to_kind(x.kind());
                let out = layer_of(layer)?.forward(&x)?;
                (&out * weights.reshape(out.size())).sum(None).backward();
                let found = [bits(&out)?, bits(&x.grad())?, bits(&random::rand([4])?)?];
                ensure!([expected, grad, next] == found.each_ref(), "{layer} {dtype} {shape:?}");
            }
            Self::Init { init, dtype, shape, bits: expected, next } => {
                let tensor = Tensor::zeros(shape, (dtype_of(dtype)?, tch::Device::Cpu));
                let parameter = Parameter::new(tensor)?;
                fill(init, &parameter)?;
                let found = [bits(&parameter)?, bits(&random::rand([4])?)?];
                ensure!([expected, next] == found.each_ref(), "{init} {dtype} {shape:?}");
            }
            Self::Module { module, text, state } => {
                let made = module_of(module)?;
                let printed = made.repr()?;
                ensure!(printed == *text, "{module} prints\n{printed}\nnot\n{text}");
                let saved = made.state_dict();
                let names: Vec<_> = saved.iter().map(|(name, _)| name).collect();
                ensure!(names == *state, "{module} saves {names:?}, not {state:?}");
            }
        }
        Ok(())
    }
}

fn layer_of(name: &str) -> Result<Box<dyn Module>> {
    let (kind, arguments) = name.trim_end_matches(')').split_once('(').context("a call")?;
    let first = || arguments.parse::<i64>();
    Ok(match kind {
        "Dropout" => Box::new(Dropout::new(arguments.parse()?)?),
        "Softmax" => Box::new(Softmax::new(first()?)),
        "LogSoftmax" => Box::new(LogSoftmax::new(first()?)),
        "Flatten" if arguments == "1,-1" => Box::new(Flatten::new()),
        "Flatten" => Box::new(Flatten { start_dim: 0, end_dim: 1 }),
        _ => bail!("{name} is unknown"),
    })
}

fn fill(name: &str, t: &Tensor) -> Result<()> {
    use FanMode::{FanIn, FanOut};
    use Nonlinearity::{LeakyReLU, ReLU, SELU, Sigmoid, Tanh};
    match name {
        "uniform_(0,1)" => init::uniform_(t, 0., 1.),
        "uniform_(-0.3,0.7)" => init::uniform_(t, -0.3, 0.7),
        "normal_(0,1)" => init::normal_(t, 0., 1.),
        "normal_(0.5,0.1)" => init::normal_(t, 0.5, 0.1),
        "constant_(0.3)" => init::constant_(t, 0.3),
        "ones_" => init::ones_(t),
        "zeros_" => init::zeros_(t),
        "xavier_uniform_(1)" => init::xavier_uniform_(t, 1.),
        "xavier_uniform_(tanh)" => init::xavier_uniform_(t, init::calculate_gain(Tanh)),
        "xavier_normal_(1)" => init::xavier_normal_(t, 1.),
        "xavier_normal_(relu)" => init::xavier_normal_(t, init::calculate_gain(ReLU)),
        "kaiming_uniform_()" => init::kaiming_uniform_(t, FanIn, LeakyReLU(0.)),
        "kaiming_uniform_(0.2)" => init::kaiming_uniform_(t, FanIn, LeakyReLU(0.2)),
        "kaiming_uniform_(fan_out,relu)" => init::kaiming_uniform_(t, FanOut, ReLU),
        "kaiming_normal_()" => init::kaiming_normal_(t, FanIn, LeakyReLU(0.)),
        "kaiming_normal_(fan_out,selu)" => init::kaiming_normal_(t, FanOut, SELU),
        "kaiming_normal_(sigmoid)" => init::kaiming_normal_(t, FanIn, Sigmoid),
        _ => bail!("{name} is unknown"),
    }?;
    Ok(())
}

/// A model with a buffer, modules within modules, and one that is empty.
#[derive(Debug, Clone)]
struct TwoLayers {
    linear1: Linear,
    rest: Sequential,
    scale: Buffer,
    empty: Sequential,
}

impl TwoLayers {
    fn new() -> Result<Self> {
        let options = LinearOptions { bias: false, ..Default::default() };
        let inner =
            Sequential::new().add(Linear::with_options(10, 2, options)?).add(Identity::new());
        Ok(Self {
            linear1: Linear::new(1, 10)?,
            rest: Sequential::new().add(ReLU::new()).add(inner),
            scale: Buffer::new(Tensor::ones([2], (Kind::Float, tch::Device::Cpu))),
            empty: Sequential::new(),
        })
    }
}

impl Module for TwoLayers {
    fn forward(&self, x: &Tensor) -> torch_exact::Result<Tensor> {
        let x = self.empty.forward(&self.rest.forward(&self.linear1.forward(x)?)?)?;
        Ok(x.f_mul(&self.scale)?)
    }

    parts!(linear1, rest, scale, empty);
}

fn module_of(name: &str) -> Result<Box<dyn Module>> {
    let sequential = Sequential::new();
    Ok(match name {
        "two layers" => Box::new(TwoLayers::new()?),
        "sequential" => {
            let first = sequential.add(Flatten::new()).add(Linear::new(4, 3)?).add(Tanh::new());
            Box::new(first.add(Dropout::new(0.1)?).add(Softmax::new(1)))
        }
        "named" => {
            let first = sequential.add_named("hidden", Linear::new(2, 2)?)?;
            let second = first.add_named("act", Sigmoid::new())?;
            Box::new(second.add_named("out", LogSoftmax::new(-1))?)
        }
        "layer" => Box::new(Linear::new(3, 2)?),
        "dropout" => Box::new(Dropout::new(1e-5)?),
        "flatten" => Box::new(Flatten { start_dim: 0, end_dim: -2 }),
        _ => bail!("{name} is unknown"),
    })
}

fn compare(cases: &[Case]) -> Result<()> {
    (0..).zip(cases).try_for_each(|(seed, case)| case.check(seed))
}

#[test]
fn layers_initializers_and_their_text_are_pythons() -> Result<()> {
    let _alone = generator_alone();
    tch::set_num_threads(1);
    match shim::cpu_capability()?.as_str() {
        "DEFAULT" => skipped("without AVX2 ATen rounds otherwise, so goldens were not compared"),
        _ => compare(&golden("modules")?)?,
    }
    if let Some(live) = live("modules", "torch, numpy", &[])? {
        compare(&live)?;
        println!("layers and initializers with Python's bits and text: {0} of {0}", live.len());
    }
    Ok(())
}

#[test]
fn modes_reach_every_module_that_reads_them() -> Result<()> {
    let _alone = generator_alone();
    let model = Sequential::new().add(Linear::new(1, 2)?).add(Dropout::new(0.5)?);
    let model = Sequential::new().add(model).add(Dropout::new(0.9)?);
    let x = random::rand([50, 1])?;
    let modes = |model: &Sequential| -> Result<_> {
        Ok((model.training(), model.get::<Dropout>(1)?.training()))
    };
    assert_eq!(modes(&model)?, (Some(true), Some(true)));
    assert_ne!(model.forward(&x)?, model.forward(&x)?);
    model.eval();
    assert_eq!(modes(&model)?, (Some(false), Some(false)));
    assert_eq!(model.forward(&x)?, model.forward(&x)?);
    model.train();
    assert_eq!(modes(&model)?, (Some(true), Some(true)));
    assert_eq!(Linear::new(1, 1)?.training(), None);
    for p in [-0.1, 1.1, f64::NAN] {
        assert!(matches!(Dropout::new(p), Err(Error::Argument { name: "p", .. })), "{p}");
    }
    Ok(())
}

/// A layer that is used twice.
#[derive(Debug, Clone)]
struct Tied {
    tied: Parameter,
    first: Linear,
    again: Linear,
}

impl Module for Tied {
    fn forward(&self, x: &Tensor) -> torch_exact::Result<Tensor> {
        self.again.forward(&self.first.forward(x)?)
    }

    parts!(tied, first, again);
}

fn tied() -> Result<Tied> {
    let first = Linear::with_options(2, 2, LinearOptions { bias: false, ..Default::default() })?;
    Ok(Tied { tied: first.weight.clone(), again: first.clone(), first })
}

#[test]
fn a_shared_parameter_is_learned_once_and_saved_under_each_name() -> Result<()> {
    let _alone = generator_alone();
    let model = tied()?;
    assert_eq!(names(&model), ["tied"]);
    let state = model.state_dict();
    let saved: Vec<_> = state.iter().map(|(name, _)| name).collect();
    assert_eq!(saved, ["tied", "first.weight", "again.weight"]);
    Ok(())
}

#[test]
fn a_deep_copy_learns_by_itself_and_stays_tied() -> Result<()> {
    let _alone = generator_alone();
    let model = tied()?;
    model.forward(&random::rand([3, 2])?)?.sum(None).backward();
    let copy = nn::deepcopy(&model)?;
    assert_eq!(*copy.tied, *model.tied);
    assert!(copy.tied.is_leaf() && copy.tied.requires_grad() && !copy.tied.grad().defined());
    init::zeros_(&copy.first.weight)?;
    assert_eq!(names(&copy), ["tied"]);
    assert_eq!(*copy.again.weight, copy.tied.zeros_like());
    assert_ne!(*model.tied, *copy.tied);

    let model = TwoLayers::new()?;
    let copy = nn::deepcopy(&model)?;
    assert_eq!(copy.repr()?, model.repr()?);
    init::zeros_(&copy.scale)?;
    nn::apply(&copy, &mut |module| match module.downcast_ref::<Linear>() {
        Some(linear) => init::zeros_(&linear.weight),
        None => Ok(()),
    })?;
    let sum = |model: &TwoLayers, name: &str| -> Result<f64> {
        Ok(model.state_dict().get(name).context("a name")?.abs().sum(None).double_value(&[]))
    };
    for name in ["linear1.weight", "rest.1.0.weight", "scale"] {
        assert_eq!(sum(&copy, name)?, 0., "{name}");
        assert_ne!(sum(&model, name)?, 0., "{name}");
    }
    // After the copying, a clone is a handle again.
    let handle = model.linear1.weight.clone();
    init::zeros_(&handle)?;
    assert_eq!(sum(&model, "linear1.weight")?, 0.);
    Ok(())
}

#[test]
fn a_cast_reaches_parameters_gradients_and_buffers_in_place() -> Result<()> {
    let _alone = generator_alone();
    let model = TwoLayers::new()?;
    let mut optimizer = SGD::new(model.parameters(), optim::lr(0.1))?;
    let x = random::rand([5, 1])?;
    model.forward(&x)?.sum(None).backward();
    let model = model.double()?;
    let state = model.state_dict();
    assert!(state.iter().all(|(_, tensor)| tensor.kind() == Kind::Double));
    assert_eq!(model.linear1.weight.grad().kind(), Kind::Double);
    assert_eq!(model.named_buffers().len(), 1);
    let before = model.linear1.weight.copy();
    model.forward(&x.to_kind(Kind::Double))?.sum(None).backward();
    optimizer.step()?;
    assert_ne!(*model.linear1.weight, before);
    model.zero_grad()?;
    assert!(model.parameters().iter().all(|parameter| !parameter.grad().defined()));
    let model = model.float()?;
    assert_eq!(model.scale.kind(), Kind::Float);
    assert!(matches!(model.to(Kind::Int64), Err(Error::Argument { name: "dtype", .. })));
    Ok(())
}

#[test]
fn a_buffer_is_saved_loaded_and_not_learned() -> Result<()> {
    let _alone = generator_alone();
    #[derive(Debug)]
    struct Scaled {
        scale: Buffer,
        scratch: Buffer,
    }
    impl Module for Scaled {
        fn forward(&self, x: &Tensor) -> torch_exact::Result<Tensor> {
            Ok(x.f_mul(&self.scale)?.f_add(&self.scratch)?)
        }

        parts!(scale, scratch);
    }
    let make = |scale: f32| {
        let scale = Buffer::new(Tensor::from_slice(&[scale]));
        Scaled { scale, scratch: Buffer::non_persistent(Tensor::from_slice(&[0f32])) }
    };
    let (two, three) = (make(2.), make(3.));
    let saved: Vec<_> = two.state_dict().iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(saved, ["scale"]);
    assert_eq!(two.named_buffers().len(), 2);
    assert!(two.parameters().is_empty());
    two.load_state_dict(&three.state_dict())?;
    assert_eq!(two.scale.double_value(&[0]), 3.);
    Ok(())
}

#[test]
fn a_parameter_says_where_a_leaf_comes_from() -> Result<()> {
    let leaf = Tensor::from_slice(&[1f32]).set_requires_grad(true);
    let refused = Parameter::new(leaf.shallow_clone()).unwrap_err().to_string();
    assert!(refused.contains("Parameter::from_leaf"), "{refused}");
    let shared = Parameter::from_leaf(leaf.shallow_clone())?;
    init::zeros_(&shared)?;
    assert_eq!(leaf.double_value(&[0]), 0.);
    assert!(Parameter::from_leaf(&leaf * 2).is_err());
    assert!(Parameter::from_leaf(leaf.detach()).is_err());
    assert!(Parameter::new(leaf.detach()).is_ok());
    Ok(())
}

#[test]
fn names_are_positions_unless_taken() -> Result<()> {
    let _alone = generator_alone();
    let layer = || Linear::with_options(1, 1, LinearOptions { bias: false, ..Default::default() });
    let model = Sequential::new().add_named("1", layer()?)?.add(layer()?).add(layer()?);
    assert_eq!(names(&model), ["1.weight", "2.weight", "3.weight"]);
    for taken in ["1", "", "a.b"] {
        let error = Sequential::new().add_named("1", layer()?)?.add_named(taken, layer()?);
        assert!(matches!(error, Err(Error::Argument { name: "name", .. })), "{taken}");
    }
    let square = Func::new(|x| Ok(x.f_square()?));
    let model = Sequential::new().add(layer()?).add(square);
    assert_eq!(names(&model), ["0.weight"]);
    let x = random::rand([3, 1])?;
    assert_eq!(model.forward(&x)?, model.get::<Linear>(0)?.forward(&x)?.square());
    let error = model.get::<ReLU>(0).unwrap_err().to_string();
    assert_eq!(error, "index is 0, a Linear, but another type of module was asked for");
    assert!(model.get::<Linear>(2).is_err());
    Ok(())
}

#[test]
fn shapes_that_do_not_fit_are_named() -> Result<()> {
    let _alone = generator_alone();
    let linear = Linear::new(3, 2)?;
    let error = linear.forward(&random::rand([4, 5])?).unwrap_err().to_string();
    assert_eq!(error, "linear: expected an input of shape [*, 3], found [4, 5]");
    assert!(Linear::new(-1, 2).is_err());
    assert!(Linear::from_tensors(random::rand([2])?, None).is_err());
    assert!(Linear::from_tensors(random::rand([2, 3])?, Some(random::rand([3])?)).is_err());
    let whole = Tensor::from_slice(&[1i64]);
    assert!(!Parameter::new(whole).unwrap_err().to_string().contains('\n'));
    Ok(())
}
