//! IDX files: four bytes of type and dimensions, the sizes, then the numbers, all of them big-endian.

use std::io::Read as _;
use std::path::Path;

use tch::{Kind, Tensor};

use super::{fault, open};
use crate::Result;

/// An IDX file, plain or compressed by gzip: `torchvision.datasets.mnist.read_sn3_pascalvincent_tensor(path)`, of
/// [`mnist.py`](https://github.com/pytorch/vision/blob/v0.26.0/torchvision/datasets/mnist.py).
///
/// # Shapes
/// As the file says, of one to three dimensions: MNIST's images are `[n, 28, 28]`, its labels `[n]`, both `uint8`. Other
/// files hold `int8`, `int16`, `int32`, `float32` or `float64`.
///
/// # Errors
/// [`Error::DataFile`](crate::Error::DataFile) for a file that cannot be read or decompressed, is no IDX file, has no
/// numbers, or has more or fewer than its sizes say. No more memory is taken than the numbers in the file need.
pub fn read_sn3_pascalvincent_tensor(path: impl AsRef<Path>) -> Result<Tensor> {
    let path = path.as_ref();
    let refused = |reason: &dyn ToString| fault(path, None, reason.to_string());
    let mut file = open(path).map_err(|error| refused(&error))?;
    let mut word = || -> Result<[u8; 4]> {
        let mut word = [0; 4];
        file.read_exact(&mut word).map_err(|error| refused(&error))?;
        Ok(word)
    };
    let (kind, dimensions) = match word()? {
        [0, 0, code, dimensions @ 1..=3] => {
            let kinds = [Kind::Int16, Kind::Int, Kind::Float, Kind::Double];
            let kind = match code {
                8 => Kind::Uint8,
                9 => Kind::Int8,
                11..=14 => kinds[usize::from(code) - 11],
                _ => return Err(refused(&format!("{code} is no type of an IDX file's numbers"))),
            };
            (kind, dimensions)
        }
        other => return Err(refused(&format!("{other:?} is no beginning of an IDX file"))),
    };
    let sizes = (0..dimensions).map(|_| Ok(u32::from_be_bytes(word()?)));
    let sizes = sizes.collect::<Result<Vec<_>>>()?;
    let width = kind.elt_size_in_bytes();
    let length = sizes.iter().try_fold(width as u64, |all, &size| all.checked_mul(size.into()));
    let found = |length| format!("{sizes:?} are its sizes, but it has {length}");
    let length = length.ok_or_else(|| refused(&found("fewer numbers")))?;
    let mut bytes = vec![];
    // One more, to see whether the file ends there.
    let read = file.take(length.saturating_add(1)).read_to_end(&mut bytes);
    match (read.map_err(|error| refused(&error))? as u64).cmp(&length) {
        std::cmp::Ordering::Less => return Err(refused(&found("fewer numbers"))),
        std::cmp::Ordering::Greater => return Err(refused(&found("more numbers"))),
        std::cmp::Ordering::Equal if length == 0 => return Err(refused(&found("no numbers"))),
        std::cmp::Ordering::Equal => {}
    }
    if cfg!(target_endian = "little") {
        bytes.chunks_exact_mut(width).for_each(<[u8]>::reverse);
    }
    let sizes: Vec<_> = sizes.into_iter().map(i64::from).collect();
    Ok(Tensor::f_from_data_size(&bytes, &sizes, kind)?)
}
