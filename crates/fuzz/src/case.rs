//! What is compared, one at a time.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::draw::Draw;
use crate::outcome::Outcome;
use crate::worker::Worker;

/// What is asked of every case.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Where trainings run.
    pub device: &'a str,
    /// Whether Rust replays their steps.
    pub replay: bool,
}

/// Something that Rust and Python both do from one description.
pub trait Case: Serialize + DeserializeOwned {
    /// What one is called, and what it is compared by.
    const NAMES: (&'static str, &'static str);

    /// The flags that a command needs to repeat one, beside `--spec`.
    const FLAGS: &'static str;

    /// One made of random choices.
    fn draw(draw: &mut Draw, asked: Asked) -> Self;

    /// What they are counted by, beside all together.
    fn kind(&self) -> String;

    /// Descriptions that ask for less, the boldest cut first. None leads back to a larger one, so
    /// that shrinking ends.
    fn simpler(&self) -> Vec<Self>;

    /// Does it on both sides and compares.
    ///
    /// # Errors
    /// Where Python's process cannot be asked. That one side refuses what the other does is not an
    /// error but an outcome.
    fn run(&self, python: &mut Worker) -> anyhow::Result<Outcome>;
}
