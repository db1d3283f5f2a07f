use std::fmt;

use tch::Tensor;

use super::Module;
use crate::Result;

/// A function as a module without parameters, so that it can stand in a
/// [`Sequential`](super::Sequential).
///
/// ```
/// use torch_exact::nn::{Func, Linear, Sequential};
///
/// # fn main() -> torch_exact::Result<()> {
/// let square = Func::new(|x| Ok(x.f_square()?));
/// let model = Sequential::new().add(Linear::new(3, 2)?).add(square);
/// # let _ = model;
/// # Ok(())
/// # }
/// ```
///
/// A function that stands for a module of Python's prints as that does, once it is told how:
///
/// ```
/// use torch_exact::nn::Func;
/// use torch_exact::prelude::*;
///
/// # fn main() -> torch_exact::Result<()> {
/// let similarity = Func::new(|x| Ok(Tensor::f_cosine_similarity(x, &x.f_neg()?, 1, 1e-8)?));
/// assert_eq!(similarity.repr()?, "Func()");
/// assert_eq!(similarity.printed("CosineSimilarity", "").repr()?, "CosineSimilarity()");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Func<F> {
    function: F,
    class_name: String,
    extra_repr: String,
}

impl<F: Fn(&Tensor) -> Result<Tensor> + Send + 'static> Func<F> {
    /// A module whose `forward` calls `function`.
    pub fn new(function: F) -> Self {
        Self { function, class_name: "Func".to_owned(), extra_repr: String::new() }
    }

    /// The same, printed as `class_name(extra_repr)`.
    pub fn printed(self, class_name: &str, extra_repr: &str) -> Self {
        let (class_name, extra_repr) = (class_name.to_owned(), extra_repr.to_owned());
        Self { class_name, extra_repr, ..self }
    }
}

impl<F> fmt::Debug for Func<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.class_name)
    }
}

impl<F: Fn(&Tensor) -> Result<Tensor> + Send + 'static> Module for Func<F> {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        (self.function)(input)
    }

    fn class_name(&self) -> &str {
        &self.class_name
    }

    fn extra_repr(&self) -> String {
        self.extra_repr.clone()
    }
}
