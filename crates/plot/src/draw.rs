//! From a figure to its decisions, its pixels and its file.

use std::path::Path;

use plotters::backend::BitMapBackend;
use plotters::drawing::IntoDrawingArea;
use plotters::element::BitMapElement;

use crate::error::PlotError;
use crate::figure::Figure;
use crate::file::write_atomically;
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
    /// [`PlotError::Io`] and [`PlotError::Backend`] when the file cannot be written.
    pub fn savefig(&self, path: impl AsRef<Path>) -> Result<(), PlotError> {
        let path = path.as_ref();
        if !path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png")) {
            return Err(PlotError::Format(path.to_owned()));
        }
        let picture = self.render()?;
        let size = (picture.width as u32, picture.height as u32);
        write_atomically(path, |temporary| {
            let fail = |message: String| PlotError::Backend { path: path.to_owned(), message };
            let element = BitMapElement::with_owned_buffer((0, 0), size, picture.rgb)
                .ok_or_else(|| fail("the pixels do not fill the picture".into()))?;
            let area = BitMapBackend::new(temporary, size).into_drawing_area();
            area.draw(&element).map_err(|e| fail(e.to_string()))?;
            area.present().map_err(|e| fail(e.to_string()))
        })
    }
}
