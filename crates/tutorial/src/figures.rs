//! The folder that an example's figures go to.

use std::path::{Path, PathBuf};
use std::{fs, process};

use anyhow::Context as _;
use plot::Figure;
use tch::{Kind, Tensor};

/// A tensor's elements in a row, to be plotted: PyTorch's `tensor.detach().cpu().numpy().flatten()`.
///
/// # Shapes
/// `[...] -> [n]`, of any real dtype; `float32`.
///
/// # Errors
/// A tensor that cannot be copied.
pub fn to_vec(tensor: &Tensor) -> anyhow::Result<Vec<f32>> {
    let flat = tensor
        .f_detach()?
        .f_to_device(tch::Device::Cpu)?
        .f_to_kind(Kind::Float)?
        .f_reshape([-1])?
        .f_contiguous()?;
    Vec::try_from(&flat).context("copying a tensor to plot it")
}

/// A folder that takes figures.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes the folder if it is not there, and tries that files can be made in it: a run is not
    /// to find out at its end.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let cannot = || format!("cannot write figures in {}", path.display());
        fs::create_dir_all(path).with_context(cannot)?;
        let probe = path.join(format!(".{}.probe", process::id()));
        fs::File::create_new(&probe).with_context(cannot)?;
        fs::remove_file(&probe).with_context(cannot)?;
        Ok(Self(path.to_owned()))
    }

    /// Saves the figure as `STEM.png`, whole or not at all; its path.
    pub fn save(&self, fig: &Figure, stem: &str) -> anyhow::Result<PathBuf> {
        let path = self.0.join(format!("{stem}.png"));
        fig.savefig(&path)?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tensor_is_flattened_and_leaves_its_graph() {
        let tensor = Tensor::from_slice2(&[[1i64, 2], [3, 4]]);
        assert_eq!(to_vec(&tensor).unwrap(), [1f32, 2., 3., 4.]);
        let leaf = Tensor::from_slice(&[0.5f32, -0.5]).set_requires_grad(true);
        assert_eq!(to_vec(&(&leaf * 2)).unwrap(), [1f32, -1.]);
        assert!(to_vec(&Tensor::from_slice::<f64>(&[])).unwrap().is_empty());
        let transposed = Tensor::from_slice2(&[[1f64, 2.], [3., 4.]]).tr();
        assert_eq!(to_vec(&transposed).unwrap(), [1f32, 3., 2., 4.]);
        assert_eq!(to_vec(&transposed.select(0, 1)).unwrap(), [2f32, 4.]);
    }

    #[test]
    fn a_folder_is_made_and_takes_figures() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("deep/down");
        let mut fig = Figure::default();
        fig.plot(&[0, 1], &[1., 2.]);
        let saved = Folder::create(&path).unwrap().save(&fig, "a").unwrap();
        assert_eq!(saved, path.join("a.png"));
        let files = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(files.collect::<Vec<_>>(), ["a.png"]);
    }

    #[test]
    fn a_file_in_the_place_of_a_folder_is_refused_by_name() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Folder::create(&file.join("figures")).unwrap_err();
        assert!(format!("{error:#}").contains("file/figures"), "{error:#}");
    }
}
