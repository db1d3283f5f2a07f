//! From a figure to its decisions, its pixels and its file.

use std::path::Path;
use std::{fs, io};

use plotters::backend::BitMapBackend;
use plotters::drawing::IntoDrawingArea;
use plotters::element::BitMapElement;

use crate::error::PlotError;
use crate::figure::Figure;
use crate::layout::Layout;
use crate::picture::Picture;
use crate::plan::Plan;
use crate::render::render;
use crate::scene::Scene;

impl Figure {
    /// What has been decided: limits, ticks, labels, legend and the data in pixels.
    ///
    /// # Errors
    /// [`PlotError`] when the data, a colour, a size or a text cannot be drawn.
    pub fn layout(&self) -> Result<Layout, PlotError> {
        Ok(Layout::new(&Plan::new(self)?, &self.title))
    }

    /// The finished pixels.
    ///
    /// # Errors
    /// As [`Figure::layout`].
    pub fn render(&self) -> Result<Picture, PlotError> {
        Ok(render(&Scene::new(&Plan::new(self)?)))
    }

    /// Saves the figure as a PNG: `plt.savefig(path)`.
    ///
    /// Missing folders are created, and the file appears whole or not at all.
    ///
    /// # Errors
    /// As [`Figure::layout`]; [`PlotError::Format`] when the path does not end in `.png`,
    /// [`PlotError::Io`] when the file cannot be written.
    pub fn savefig(&self, path: impl AsRef<Path>) -> Result<(), PlotError> {
        let path = path.as_ref();
        if !path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png")) {
            return Err(PlotError::Format(path.to_owned()));
        }
        let picture = self.render()?;
        let size = (picture.width as u32, picture.height as u32);
        let refused =
            |action, path: &Path, reason| PlotError::Io { action, path: path.to_owned(), reason };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|e| refused("create the folder", folder, e))?;
        }
        atomic_file::write(path, |file| {
            let element = BitMapElement::with_owned_buffer((0, 0), size, picture.rgb)
                .ok_or_else(|| io::Error::other("the pixels do not fill the picture"))?;
            let area = BitMapBackend::new(file.path(), size).into_drawing_area();
            area.draw(&element).map_err(io::Error::other)?;
            area.present().map_err(io::Error::other)
        })
        .map_err(|e| refused("write", path, e))
    }
}
