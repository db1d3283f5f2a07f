//! A scene as an SVG file through plotters' vector backend.
//!
//! plotters draws at whole units, so the picture is made of 1/64 pixels and shown at its own size.
//! Letters are shapes, not text: the file needs no font.

use std::path::Path;

use plotters::backend::SVGBackend;
use plotters::drawing::IntoDrawingArea;
use plotters::element::Polygon;
use plotters::style::{Color as _, RGBColor, WHITE};

use crate::color::Color;
use crate::error::PlotError;
use crate::file::write_atomically;
use crate::geometry::{Point, Polyline, flatten};
use crate::scene::{Item, Scene};

/// Units to a pixel.
const UNITS: f64 = 64.0;

/// Saves a scene; the file appears whole or not at all.
pub(crate) fn save(scene: &Scene, path: &Path) -> Result<(), PlotError> {
    let text =
        document(scene).map_err(|message| PlotError::Backend { path: path.to_owned(), message })?;
    write_atomically(path, |temporary| {
        std::fs::write(temporary, text).map_err(|source| PlotError::Io {
            action: "write",
            path: path.to_owned(),
            source,
        })
    })
}

fn document(scene: &Scene) -> Result<String, String> {
    let units = |pixels: u32| pixels * UNITS as u32;
    let size = (units(scene.width), units(scene.height));
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        area.fill(&WHITE).map_err(|e| e.to_string())?;
        let polygon = |outlines: &[Polyline], color: Color, offset: Point| {
            let points = joined(outlines, offset);
            let [r, g, b, _] = color.to_rgba8();
            if points.is_empty() {
                return Ok(());
            }
            area.draw(&Polygon::new(points, RGBColor(r, g, b).mix(color.a)))
                .map_err(|e| e.to_string())
        };
        for item in &scene.items {
            match item {
                Item::Area { outlines, color, .. } => polygon(outlines, *color, (0.0, 0.0))?,
                Item::Stamps { layers, color, at, .. } => {
                    for place in at {
                        for outlines in layers {
                            polygon(outlines, *color, (f64::from(place.0), f64::from(place.1)))?;
                        }
                    }
                }
                Item::Letter(outline) => {
                    let height = f64::from(scene.height);
                    let down: Vec<_> = outline
                        .iter()
                        .map(|s| s.map(|p| (p.0 / UNITS, height - p.1 / UNITS)))
                        .collect();
                    polygon(&flatten(&down), Color::BLACK, (0.0, 0.0))?;
                }
            }
        }
        area.present().map_err(|e| e.to_string())?;
    }
    // The view box keeps the units; the picture is shown in pixels.
    let drawn = format!("width=\"{}\" height=\"{}\"", size.0, size.1);
    let shown = format!("width=\"{}\" height=\"{}\"", scene.width, scene.height);
    Ok(text.replacen(&drawn, &shown, 1))
}

/// All outlines as one polygon, since plotters draws no other: each is walked round and left by the way
/// it was reached, which encloses nothing.
fn joined(outlines: &[Polyline], offset: Point) -> Vec<(i32, i32)> {
    let unit = |p: &Point| {
        (((p.0 + offset.0) * UNITS).round() as i32, ((p.1 + offset.1) * UNITS).round() as i32)
    };
    let mut points: Vec<(i32, i32)> = Vec::new();
    for outline in outlines.iter().filter(|o| !o.points.is_empty()) {
        points.extend(outline.points.iter().map(unit));
        points.push(unit(&outline.points[0]));
        points.push(points[0]);
    }
    points
}
