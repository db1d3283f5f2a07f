//! The command line.

use std::ops::Range;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use seed_recovery::notebook::Given;
use seed_recovery::{
    Error, Evidence, Offsets, Options, Reading, Search, Simd, parse_items, readings,
};

/// Finds the seed that prints what was printed.
///
/// PyTorch's CPU generator and NumPy's legacy one take 32 bits of seed: this tries all 4294967296.
/// Say what was drawn and what it printed, in the order it was drawn, with ? for a value not known:
///
///   seed-recovery --draw 'rand(5)=0.7095 0.0182 0.6494 0.4267 0.7859'
///   seed-recovery --draw 'skip randint(-10,11,50)' --draw 'linear(1,1)=0.6533929109573364 -0.5177580118179321'
///   seed-recovery --draw 'randn(2,3)' --draw 'randn(2)' --from printed.txt --offsets 0..24000 --stride 4
///
/// Draws: rand, uniform(lo,hi), randn, normal(mean,std), randint(lo,hi), randperm, bernoulli_(p),
/// dropout(p), exponential(rate), random_split([a,b]), dataloader(rows,shuffle=True); linear(in,out),
/// embedding(n,dim), conv1d to conv3d, rnn, gru, lstm; np.rand, np.uniform, np.randn, np.normal,
/// np.randint, np.permutation, np.shuffle, np.choice; random.random, random.uniform, random.randint,
/// random.shuffle. The shape comes last, and PyTorch's take dtype=float64. `skip CALL` and
/// `skip WORDS` stand for draws that were not printed; multinomial, bernoulli of a tensor, cauchy,
/// geometric, make_regression, make_blobs and make_moons can be skipped only.
///
/// Exit code: 0 found, 1 none found, 2 bad input, 130 stopped (run again to carry on).
#[derive(Debug, Parser)]
#[command(version, verbatim_doc_comment, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// A draw and what it printed, `CALL=VALUES`, or `skip CALL`, or `skip WORDS`; several in order
    #[arg(long, value_name = "DRAW", allow_hyphen_values = true)]
    draw: Vec<String>,
    /// A file with pasted tensors for the draws that have no values, or with whole draws
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Words of the stream drawn before the first draw
    #[arg(long, value_name = "N", conflicts_with = "offsets")]
    offset: Option<u64>,
    /// Try every offset from A to below B
    #[arg(long, value_name = "A..B")]
    offsets: Option<String>,
    /// Distance between the offsets tried
    #[arg(long, value_name = "K", default_value_t = 1)]
    stride: u64,
    /// Try only the seeds from A to below B
    #[arg(long, value_name = "A..B")]
    seeds: Option<String>,
    /// Threads [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Vector instructions: avx512, avx2 or portable [default: the widest there is]
    #[arg(long, value_name = "NAME")]
    simd: Option<String>,
    /// Search although the evidence cannot single out a seed
    #[arg(long)]
    pub weak: bool,
    /// Where an interrupted search is saved [default: seed-recovery-SEARCH.state here]
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
    /// Say what would be searched and how long it would take, and stop
    #[arg(long)]
    pub dry_run: bool,
    /// Say nothing on standard error but errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// What to read instead of draws.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read a notebook, a script with pasted output or a post, and search for its seed
    Notebook(NotebookArguments),
}

/// The options of `notebook`.
#[derive(Debug, Args)]
pub struct NotebookArguments {
    /// The file: .ipynb, .py, .md or .html
    pub file: PathBuf,
    /// The CSV file that the notebook reads, for its rows and columns
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// The value of a name that the notebook does not show, as num_rows=1271
    #[arg(long, value_name = "NAME=N")]
    pub set: Vec<String>,
    /// Write the evidence to a file, to be edited, and stop
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub evidence: Option<PathBuf>,
    /// Search for the evidence in a file that --evidence wrote
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Stop after so many seconds
    #[arg(long, value_name = "SECONDS")]
    pub budget: Option<f64>,
    /// Try only the seeds from A to below B
    #[arg(long, value_name = "A..B")]
    seeds: Option<String>,
    /// Threads [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
    /// Say what was understood and what would be searched, and stop
    #[arg(long)]
    pub dry_run: bool,
    /// Say nothing on standard error but errors
    #[arg(long, short)]
    pub quiet: bool,
}

impl NotebookArguments {
    /// What a search adds to its evidence.
    pub fn options(&self) -> Result<Options, Error> {
        let defaults = Options::default();
        let seeds = self.seeds.as_deref();
        Ok(Options {
            seeds: seeds.map_or(Ok(defaults.seeds.clone()), |text| range("--seeds", text))?,
            threads: self.threads.unwrap_or(defaults.threads),
            ..defaults
        })
    }

    /// What is known of the notebook's data from outside.
    pub fn given(&self) -> Result<Given, Error> {
        let mut given = Given::default();
        if let Some(path) = &self.data {
            given.table = Some(Given::read_table(path)?);
        }
        for text in &self.set {
            let pair = text.split_once('=');
            let pair = pair.and_then(|(name, n)| Some((name.trim(), n.trim().parse().ok()?)));
            let (name, number) = pair.ok_or_else(|| Error::Option {
                option: "--set",
                expected: "NAME=N with a whole number".into(),
                found: text.clone(),
            })?;
            given.numbers.insert(name.to_owned(), number);
        }
        Ok(given)
    }
}

fn range(option: &'static str, text: &str) -> Result<Range<u64>, Error> {
    let parsed = text
        .split_once("..")
        .and_then(|(a, b)| Some(a.trim().parse().ok()?..b.trim().parse().ok()?));
    parsed.ok_or_else(|| Error::Option {
        option,
        expected: "A..B, two whole numbers".into(),
        found: text.to_owned(),
    })
}

impl Arguments {
    /// The searches asked for, one for each way to read the draws.
    pub fn searches(&self) -> Result<Vec<(Reading, Search)>> {
        let file = match &self.from {
            Some(path) => Some(
                std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read {}", path.display()))?,
            ),
            None => None,
        };
        let items = parse_items(&self.draw, file.as_deref())?;
        let on_cuda = |text: &String| text.contains("device='cuda");
        if !self.quiet && self.draw.iter().chain(&file).any(on_cuda) {
            eprintln!(
                "note: values lie on a CUDA device; they can be found only if they were drawn on the CPU and moved later"
            );
        }
        let options = self.options()?;
        let earlier = options.offsets.end > 1;
        readings(&items, earlier)
            .into_iter()
            .map(|reading| {
                let evidence = Evidence::new(reading.items.clone())?;
                Ok((reading, Search::new(evidence, options.clone())?))
            })
            .collect()
    }

    fn options(&self) -> Result<Options, Error> {
        let defaults = Options::default();
        let offsets = match (&self.offsets, self.offset) {
            (Some(text), _) => {
                let range = range("--offsets", text)?;
                Offsets { first: range.start, end: range.end, stride: self.stride }
            }
            (None, offset) => Offsets { stride: self.stride, ..Offsets::at(offset.unwrap_or(0)) },
        };
        Ok(Options {
            offsets,
            seeds: self
                .seeds
                .as_deref()
                .map_or(Ok(defaults.seeds), |text| range("--seeds", text))?,
            threads: self.threads.unwrap_or(defaults.threads),
            simd: self.simd.as_deref().map_or(Ok(defaults.simd), str::parse::<Simd>)?,
        })
    }
}
