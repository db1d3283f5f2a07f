use std::borrow::Borrow;

use tch::Tensor;

use crate::{Error, Result};

/// All elements of the parameters in one vector: `torch.nn.utils.parameters_to_vector(parameters)`.
///
/// # Errors
/// None at all, or parameters on several devices.
pub fn parameters_to_vector<P: Borrow<Tensor>>(
    parameters: impl IntoIterator<Item = P>,
) -> Result<Tensor> {
    let flat = parameters.into_iter().map(|parameter| Ok(parameter.borrow().f_view([-1])?));
    Ok(Tensor::f_cat(&flat.collect::<Result<Vec<_>>>()?, 0)?)
}

/// Makes the parameters views of a vector's elements, one after the other:
/// `torch.nn.utils.vector_to_parameters(vec, parameters)`.
///
/// # Errors
/// [`Error::Shape`] for a vector with too few elements; the parameters before are then set, as in Python.
pub fn vector_to_parameters<P: Borrow<Tensor>>(
    vec: &Tensor,
    parameters: impl IntoIterator<Item = P>,
) -> Result<()> {
    let mut start = 0;
    for parameter in parameters {
        let parameter = parameter.borrow();
        let count = parameter.numel() as i64;
        if vec.dim() != 1 || start + count > vec.size()[0] {
            return Err(Error::Shape {
                operation: "vector_to_parameters",
                expected: format!("a vector of {} or more elements", start + count),
                found: format!("{:?}", vec.size()),
            });
        }
        let data = vec.f_narrow(0, start, count)?.f_view_as(parameter)?;
        parameter.shallow_clone().f_set_data(&data.f_detach()?)?;
        start += count;
    }
    Ok(())
}
