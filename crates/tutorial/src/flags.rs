//! The flags that all examples take.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use torch_exact::arithmetic::{Arithmetic, Unknown};
use torch_exact::device::DeviceRequest;

use crate::tutorial::Tutorial;

/// The flags' values.
#[derive(Debug, Clone)]
pub(crate) struct Flags {
    pub device: DeviceRequest,
    /// None is the document's.
    pub arithmetic: Option<Arithmetic>,
    pub seed: Option<u64>,
    pub epochs: i64,
    pub lr: f64,
    pub threads: Option<i32>,
    /// The figures' folder; none with `--no-figures`.
    pub figures: Option<PathBuf>,
    pub quiet: bool,
}

impl Flags {
    /// Reads the command line.
    pub fn parse(tutorial: &Tutorial) -> Result<Self, clap::Error> {
        command(tutorial).try_get_matches().map(|matches| Self::new(&matches, tutorial))
    }

    fn new(matches: &ArgMatches, tutorial: &Tutorial) -> Self {
        Self {
            device: matches.get_one("device").copied().unwrap_or_default(),
            arithmetic: matches.get_one::<Option<Arithmetic>>("arithmetic").copied().flatten(),
            seed: matches.get_one("seed").copied(),
            epochs: matches.get_one("epochs").copied().unwrap_or(tutorial.epochs),
            lr: matches.get_one("lr").copied().unwrap_or(tutorial.lr),
            threads: matches.get_one("threads").copied(),
            figures: (!matches.get_flag("no-figures")).then(|| {
                let named = matches.get_one("figures").cloned();
                named.unwrap_or_else(default_figures)
            }),
            quiet: matches.get_flag("quiet"),
        }
    }
}

/// The command line of an example.
pub(crate) fn command(tutorial: &Tutorial) -> Command {
    let numpy = tutorial.numpy;
    let flag = |name: &'static str, value: &'static str, help: String| {
        Arg::new(name).long(name).value_name(value).help(help).allow_hyphen_values(true)
    };
    let switch = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).help(help).action(ArgAction::SetTrue)
    };
    Command::new("example")
        .about(format!("{} ({}), to the last digit", tutorial.title, tutorial.source))
        .arg(
            flag("device", "DEVICE", "auto, cpu, cuda or cuda:N [default: auto]".into())
                .value_parser(|text: &str| text.parse::<DeviceRequest>()),
        )
        .arg(
            flag(
                "arithmetic",
                "NAME",
                format!(
                    "document, portable, native, compatible, avx2 or avx512: which processor's last \
                     bits [default: document, which is {}]",
                    tutorial.arithmetic
                ),
            )
            .value_parser(parse_arithmetic),
        )
        .arg(
            flag("seed", "N", format!("Seed of the random numbers [default: {}]", tutorial.seed))
                .value_parser(move |text: &str| parse_seed(text, numpy)),
        )
        .arg(
            flag("epochs", "N", format!("Passes over the data [default: {}]", tutorial.epochs))
                .value_parser(|text: &str| whole(text, "passes are", 0, 1_000_000_000)),
        )
        .arg(
            flag("lr", "F", format!("Learning rate, per step [default: {}]", tutorial.lr))
                .value_parser(parse_lr),
        )
        .arg(
            flag("threads", "N", "Threads of libtorch [default: all cores]".into())
                .value_parser(|text: &str| whole(text, "threads are", 1, 1024).map(|n| n as i32)),
        )
        .arg(
            flag(
                "figures",
                "DIR",
                format!(
                    "Folder of the figures, made if need be [default: {}]",
                    default_figures().display()
                ),
            )
            .value_parser(value_parser!(PathBuf)),
        )
        .arg(switch("no-figures", "Draw no figures").conflicts_with("figures"))
        .arg(switch("quiet", "Nothing on standard error but errors"))
}

/// The example's name: that of the program's file.
fn program_name() -> String {
    let path = std::env::current_exe().unwrap_or_default();
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Where figures go if the command line does not say, in the current folder.
fn default_figures() -> PathBuf {
    ["figures", &program_name()].iter().collect()
}

fn parse_arithmetic(text: &str) -> Result<Option<Arithmetic>, String> {
    match text {
        "document" => Ok(None),
        _ => text.parse().map(Some).map_err(|e: Unknown| format!("{e}, and document")),
    }
}

fn parse_seed(text: &str, numpy: bool) -> Result<u64, String> {
    let (low, high) = match numpy {
        // Of these the CPU's generator takes the lower 32 bits.
        false => (i128::from(i64::MIN), i128::from(u64::MAX)),
        true => (0, i128::from(u32::MAX)),
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
pub(crate) fn sentence(error: &clap::Error, tutorial: &Tutorial) -> String {
    use clap::error::ErrorKind;
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or(&text).trim_start_matches("error: ");
    let given = first.split_whitespace().collect::<Vec<_>>().join(" ");
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let command = command(tutorial);
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
