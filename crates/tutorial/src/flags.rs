//! The flags that all examples take.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use torch_exact::device::DeviceRequest;

/// What an example says of its tutorial: where it comes from and what the document used.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// The example's name.
    pub name: &'static str,
    /// The document's title.
    pub title: &'static str,
    /// The document's author and date, as far as it names them.
    pub author: &'static str,
    /// The seed whose run the document shows.
    pub seed: u64,
    /// Which seeds there are.
    pub seeds: Seeds,
    /// Passes over the training data.
    pub epochs: i64,
    /// Learning rate, per step.
    pub lr: f64,
    /// Whether its loop takes the same step over and over, as a CUDA graph needs it.
    pub cuda_graph: bool,
}

/// Which seeds a tutorial's generators take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seeds {
    /// PyTorch's: -2⁶³ to 2⁶⁴ - 1, of which the CPU's generator takes the lower 32 bits.
    Torch,
    /// NumPy's as well: 0 to 2³² - 1.
    Numpy,
}

/// The flags' values.
#[derive(Debug, Clone)]
pub(crate) struct Flags {
    pub device: DeviceRequest,
    pub seed: Option<u64>,
    pub epochs: i64,
    pub lr: f64,
    pub threads: Option<i32>,
    pub trace: Option<PathBuf>,
    /// The figures' folder; none with `--no-figures`.
    pub figures: Option<PathBuf>,
    pub layouts: bool,
    pub cuda_graph: bool,
    pub timings: bool,
    pub quiet: bool,
}

impl Flags {
    /// Reads the command line.
    pub fn parse(about: &About) -> Result<Self, clap::Error> {
        command(about).try_get_matches().map(|matches| Self::of(&matches, about))
    }

    fn of(matches: &ArgMatches, about: &About) -> Self {
        Self {
            device: matches.get_one("device").copied().unwrap_or_default(),
            seed: matches.get_one("seed").copied(),
            epochs: matches.get_one("epochs").copied().unwrap_or(about.epochs),
            lr: matches.get_one("lr").copied().unwrap_or(about.lr),
            threads: matches.get_one("threads").copied(),
            trace: matches.get_one("trace").cloned(),
            figures: (!matches.get_flag("no-figures")).then(|| {
                let named = matches.get_one("figures").cloned();
                named.unwrap_or_else(|| default_figures(about))
            }),
            layouts: matches.get_flag("layouts"),
            cuda_graph: about.cuda_graph && matches.get_flag("cuda-graph"),
            timings: matches.get_flag("timings"),
            quiet: matches.get_flag("quiet"),
        }
    }
}

/// The command line of an example.
pub(crate) fn command(about: &About) -> Command {
    let seeds = about.seeds;
    let flag = |name: &'static str, value: &'static str, help: String| {
        Arg::new(name).long(name).value_name(value).help(help).allow_hyphen_values(true)
    };
    let switch = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).help(help).action(ArgAction::SetTrue)
    };
    let graph = switch("cuda-graph", "On a card: record the training step once and replay it");
    Command::new(about.name)
        .about(format!("{} ({}), to the last digit", about.title, about.author))
        .arg(
            flag("device", "DEVICE", "auto, cpu, cuda or cuda:N [default: auto]".into())
                .value_parser(|text: &str| text.parse::<DeviceRequest>()),
        )
        .arg(
            flag("seed", "N", format!("Seed of the random numbers [default: {}]", about.seed))
                .value_parser(move |text: &str| parse_seed(text, seeds)),
        )
        .arg(
            flag("epochs", "N", format!("Passes over the data [default: {}]", about.epochs))
                .value_parser(|text: &str| whole(text, "passes are", 0, 1_000_000_000)),
        )
        .arg(
            flag("lr", "F", format!("Learning rate, per step [default: {}]", about.lr))
                .value_parser(parse_lr),
        )
        .arg(
            flag("threads", "N", "Threads of libtorch [default: all cores]".into())
                .value_parser(|text: &str| whole(text, "threads are", 1, 1024).map(|n| n as i32)),
        )
        .arg(
            flag("trace", "FILE.safetensors", "Record every named tensor of the run".into())
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(
            flag(
                "figures",
                "DIR",
                format!(
                    "Folder of the figures, made if need be [default: {}]",
                    default_figures(about).display()
                ),
            )
            .value_parser(value_parser!(PathBuf)),
        )
        .arg(switch("no-figures", "Draw no figures").conflicts_with_all(["figures", "layouts"]))
        .arg(switch(
            "layouts",
            "Beside each figure NAME.png write NAME.json, what was decided about it",
        ))
        .args(about.cuda_graph.then_some(graph))
        .arg(switch("timings", "Tell standard error how long each loop took"))
        .arg(switch("quiet", "Nothing on standard error but errors and timings"))
}

/// Where figures go if the command line does not say, in the current folder.
fn default_figures(about: &About) -> PathBuf {
    ["figures", about.name].iter().collect()
}

fn parse_seed(text: &str, seeds: Seeds) -> Result<u64, String> {
    let (low, high) = match seeds {
        Seeds::Torch => (i128::from(i64::MIN), i128::from(u64::MAX)),
        Seeds::Numpy => (0, i128::from(u32::MAX)),
    };
    match text.parse::<i128>() {
        // Python maps a negative seed to the number with the same 64 bits.
        Ok(seed) if (low..=high).contains(&seed) => Ok(seed as u64),
        _ => Err(format!("a seed is a whole number from {low} to {high}")),
    }
}

fn whole(text: &str, what: &str, low: i64, high: i64) -> Result<i64, String> {
    match text.parse::<i64>() {
        Ok(number) if (low..=high).contains(&number) => Ok(number),
        _ => Err(format!("{what} a whole number from {low} to {high}")),
    }
}

fn parse_lr(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(lr) if lr.is_finite() && lr >= 0. => Ok(lr),
        _ => Err("a learning rate is a finite number, 0 or above".to_owned()),
    }
}

/// A clap error as one sentence that says what was given and what is accepted.
pub(crate) fn sentence(error: &clap::Error, about: &About) -> String {
    use clap::error::ErrorKind;
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or(&text).trim_start_matches("error: ");
    let given = first.split_whitespace().collect::<Vec<_>>().join(" ");
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let command = command(about);
            let known: Vec<_> = command
                .get_arguments()
                .filter_map(Arg::get_long)
                .map(|l| format!("--{l}"))
                .collect();
            format!("{given}; accepted are {} and --help", known.join(", "))
        }
        _ => given,
    }
}
