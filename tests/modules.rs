//! Modules keep their mode, their parameters and their names as `torch.nn.Module` does.

mod common;

use anyhow::Result;
use common::generator_alone;
use tch::{Kind, Tensor};
use torch_exact::nn::{Func, Linear, LinearOptions, Module, Parameter, ReLU, Sequential, Training};
use torch_exact::optim::{
    Adam, AdamOptions, AdamW, AdamWOptions, Optimizer, RMSprop, RMSpropOptions, SGD, SGDOptions,
};
use torch_exact::{Error, loss, random};

fn names(module: &dyn Module) -> Vec<String> {
    module.named_parameters().into_iter().map(|(name, _)| name).collect()
}

#[test]
fn modes_reach_every_module_inside() -> Result<()> {
    let _alone = generator_alone();
    let model = Sequential::new().add(Linear::new(1, 2)?).add(ReLU::new());
    assert!(model.training() && model.children().iter().all(|(_, m)| m.training()));
    model.eval();
    assert!(!model.training() && !model.children().iter().any(|(_, m)| m.training()));
    model.train();
    assert!(model.training() && model.children().iter().all(|(_, m)| m.training()));
    Ok(())
}

/// A layer that is used twice.
#[derive(Debug)]
struct Tied {
    first: Linear,
    training: Training,
}

impl Module for Tied {
    fn forward(&self, x: &Tensor) -> torch_exact::Result<Tensor> {
        self.first.forward(&self.first.forward(x)?)
    }

    fn own_parameters(&self) -> Vec<(&str, Parameter)> {
        vec![("tied", self.first.weight())]
    }

    fn children(&self) -> Vec<(&str, &dyn Module)> {
        vec![("first", &self.first), ("again", &self.first)]
    }

    fn training_flag(&self) -> Option<&Training> {
        Some(&self.training)
    }
}

#[test]
fn a_shared_parameter_is_learned_once_and_saved_under_each_name() -> Result<()> {
    let _alone = generator_alone();
    let first = Linear::with_options(2, 2, LinearOptions { bias: false, ..Default::default() })?;
    let model = Tied { first, training: Training::default() };
    assert_eq!(names(&model), ["tied"]);
    let saved: Vec<_> = model.state_dict().iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(saved, ["tied", "first.weight", "again.weight"]);
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
    let boxed: Box<dyn Module> = Box::new(layer()?);
    let square = Func::new(|x| Ok(x.f_square()?));
    let model = Sequential::new().add(boxed).add(square);
    assert_eq!(names(&model), ["0.weight"]);
    assert!(model.get("1").is_some() && model.get("2").is_none());
    let x = random::rand([3, 1])?;
    assert_eq!(model.forward(&x)?, model.get("0").unwrap().forward(&x)?.square());
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

#[test]
fn optimizers_refuse_what_pythons_refuse() -> Result<()> {
    let _alone = generator_alone();
    let linear = Linear::new(1, 1)?;
    let (all, none) = (|| linear.parameters(), Vec::<Parameter>::new);
    for lr in [-1., f64::NAN] {
        assert!(Adam::new(all(), AdamOptions { lr, ..Default::default() }).is_err(), "{lr}");
        assert!(AdamW::new(all(), AdamWOptions { lr, ..Default::default() }).is_err(), "{lr}");
        assert!(RMSprop::new(all(), RMSpropOptions { lr, ..Default::default() }).is_err(), "{lr}");
    }
    assert!(SGD::new(all(), SGDOptions { lr: -1., ..Default::default() }).is_err());
    assert!(SGD::new(none(), SGDOptions::default()).is_err());
    assert!(SGD::new(all(), SGDOptions { nesterov: true, ..Default::default() }).is_err());
    let betas = (0.9, 1.);
    assert!(Adam::new(all(), AdamOptions { betas, ..Default::default() }).is_err());
    let twice = vec![(all(), SGDOptions::default()), (all(), SGDOptions::default())];
    assert!(SGD::with_groups(twice).is_err());
    let mut optimizer = SGD::new(all(), SGDOptions::default())?;
    assert!(optimizer.lr(1).is_err() && optimizer.set_lr(1, 0.1).is_err());
    assert_eq!(optimizer.lr(0)?, 1e-3);
    Ok(())
}

#[test]
fn no_gradient_is_no_step() -> Result<()> {
    let _alone = generator_alone();
    let linear = Linear::new(2, 1)?;
    let before = linear.weight().copy();
    let mut optimizer = Adam::new(linear.parameters(), AdamOptions::default())?;
    optimizer.step()?;
    assert_eq!(*linear.weight(), before);
    let x = random::rand([4, 2])?;
    loss::mse_loss(&linear.forward(&x)?, &random::rand([4, 1])?)?.backward();
    optimizer.step()?;
    assert_ne!(*linear.weight(), before);
    optimizer.zero_grad()?;
    assert!(!linear.weight().grad().defined());
    assert_eq!(linear.weight().kind(), Kind::Float);
    Ok(())
}
