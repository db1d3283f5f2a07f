//! The folder that an example's figures go to.

use std::path::{Path, PathBuf};
use std::{fs, process};

use anyhow::Context as _;
use plot::Figure;

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
    fn a_folder_is_made_and_takes_figures() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/down");
        let mut fig = Figure::default();
        fig.plot(&[0, 1], &[1., 2.]);
        let saved = Folder::create(&path).unwrap().save(&fig, "a").unwrap();
        assert_eq!(saved, path.join("a.png"));
        let files = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(files.collect::<Vec<_>>(), ["a.png"]);
    }

    #[test]
    fn a_file_in_the_place_of_a_folder_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Folder::create(&file.join("figures")).unwrap_err();
        assert!(format!("{error:#}").contains("file/figures"), "{error:#}");
    }
}
