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
pub fn numpy(tensor: &Tensor) -> anyhow::Result<Vec<f32>> {
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
pub(crate) struct Folder {
    path: PathBuf,
    /// Whether each figure's decisions are written beside it.
    layouts: bool,
}

impl Folder {
    /// Makes the folder if it is not there, and tries that files can be made in it: a run is not
    /// to find out at its end.
    pub fn create(path: &Path, layouts: bool) -> anyhow::Result<Self> {
        let cannot = || format!("cannot write figures in {}", path.display());
        fs::create_dir_all(path).with_context(cannot)?;
        let probe = path.join(format!(".{}.probe", process::id()));
        fs::File::create_new(&probe).with_context(cannot)?;
        fs::remove_file(&probe).with_context(cannot)?;
        Ok(Self { path: path.to_owned(), layouts })
    }

    /// Saves the figure as `STEM.png`, whole or not at all; its path.
    pub fn save(&self, fig: &Figure, stem: &str) -> anyhow::Result<PathBuf> {
        let path = self.path.join(format!("{stem}.png"));
        fig.savefig(&path)?;
        if self.layouts {
            let mut json = serde_json::to_string(&fig.layout()?)?;
            json.push('\n');
            write_whole(&path.with_extension("json"), &json)?;
        }
        Ok(path)
    }
}

/// Writes a file under another name, then gives it its own.
fn write_whole(path: &Path, text: &str) -> anyhow::Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", process::id()));
    let outcome = fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, path));
    if outcome.is_err() {
        // The first error is the one worth telling; the file may not even exist.
        let _ = fs::remove_file(&temporary);
    }
    outcome.with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tensor_is_flattened_and_leaves_its_graph() {
        let tensor = Tensor::from_slice2(&[[1i64, 2], [3, 4]]);
        assert_eq!(numpy(&tensor).unwrap(), [1f32, 2., 3., 4.]);
        let leaf = Tensor::from_slice(&[0.5f32, -0.5]).set_requires_grad(true);
        assert_eq!(numpy(&(&leaf * 2)).unwrap(), [1f32, -1.]);
        assert!(numpy(&Tensor::from_slice::<f64>(&[])).unwrap().is_empty());
        let transposed = Tensor::from_slice2(&[[1f64, 2.], [3., 4.]]).tr();
        assert_eq!(numpy(&transposed).unwrap(), [1f32, 3., 2., 4.]);
        assert_eq!(numpy(&transposed.select(0, 1)).unwrap(), [2f32, 4.]);
    }

    #[test]
    fn a_folder_takes_figures_and_their_layouts() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("deep/down");
        let mut fig = Figure::default();
        fig.plot(&[0, 1], &[1., 2.]);
        let saved = Folder::create(&path, false).unwrap().save(&fig, "a").unwrap();
        assert_eq!(saved, path.join("a.png"));
        Folder::create(&path, true).unwrap().save(&fig, "b").unwrap();
        let mut files: Vec<_> =
            fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        files.sort();
        assert_eq!(files, ["a.png", "b.json", "b.png"]);
        let layout = serde_json::to_string(&fig.layout().unwrap()).unwrap();
        assert_eq!(fs::read_to_string(path.join("b.json")).unwrap(), layout + "\n");
    }

    #[test]
    fn a_place_that_is_no_folder_is_refused_by_name() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Folder::create(&file.join("figures"), false).unwrap_err();
        assert!(format!("{error:#}").contains("file/figures"), "{error:#}");
        fs::create_dir(place.path().join("b.json")).unwrap();
        let folder = Folder::create(place.path(), true).unwrap();
        let error = folder.save(&Figure::default(), "b").unwrap_err();
        assert!(format!("{error:#}").contains("b.json"), "{error:#}");
        let left = fs::read_dir(place.path()).unwrap().count();
        assert_eq!(left, 3, "the file, the folder and the figure");
    }
}
