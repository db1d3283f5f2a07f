//! Jupyter's format, version 4.

use serde::Deserialize;

use super::Cell;

#[derive(Deserialize)]
struct File {
    nbformat: Option<u64>,
    cells: Option<Vec<RawCell>>,
}

#[derive(Deserialize)]
struct RawCell {
    cell_type: Option<String>,
    execution_count: Option<u64>,
    #[serde(default)]
    source: Text,
    #[serde(default)]
    outputs: Vec<Output>,
}

#[derive(Deserialize)]
struct Output {
    name: Option<String>,
    #[serde(default)]
    text: Text,
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "text/plain", default)]
    plain: Text,
}

/// A text, whole or as a list of lines.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Whole(String),
    Lines(Vec<String>),
}

impl Default for Text {
    fn default() -> Self {
        Self::Whole(String::new())
    }
}

impl Text {
    fn joined(self) -> String {
        match self {
            Self::Whole(text) => text,
            Self::Lines(lines) => lines.concat(),
        }
    }
}

/// The code cells of a notebook's JSON.
pub(super) fn cells(text: &str) -> Result<Vec<Cell>, String> {
    let file: File =
        serde_json::from_str(text).map_err(|error| format!("it is no notebook: {error}"))?;
    let Some(cells) = file.cells else {
        return Err(match file.nbformat {
            Some(version) if version < 4 => format!(
                "its format is version {version}; open and save it with Jupyter, which writes version 4"
            ),
            _ => "it is no notebook: it has no cells".into(),
        });
    };
    Ok(cells
        .into_iter()
        .filter(|cell| cell.cell_type.as_deref() == Some("code"))
        .map(|cell| Cell {
            count: cell.execution_count,
            code: cell.source.joined(),
            output: output(cell.outputs),
        })
        .collect())
}

fn output(outputs: Vec<Output>) -> String {
    let mut all = String::new();
    for Output { name, text, data } in outputs {
        if name.as_deref() == Some("stderr") {
            continue;
        }
        let mut text = text.joined();
        if let Some(data) = data {
            text.push_str(&data.plain.joined());
        }
        all.push_str(&text);
        if !text.is_empty() && !text.ends_with('\n') {
            all.push('\n');
        }
    }
    all
}
