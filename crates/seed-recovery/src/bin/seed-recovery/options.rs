//! The command line.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use seed_recovery::{Error, Offsets, Options, Shard, Simd, parse_items};

use crate::asked::{Asked, Given};
use crate::range::range;
use crate::{merge, notebook};

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
    /// A file with the whole draws of one more notebook, searched for in the same pass; several times
    #[arg(long, value_name = "FILE")]
    target: Vec<PathBuf>,
    /// Words of the stream drawn before the first draw; several numbers are tried in one pass
    #[arg(long, value_name = "N,N,...", value_delimiter = ',')]
    offset: Vec<u64>,
    /// Try every offset from A to below B, beside those of --offset
    #[arg(long, value_name = "A..B")]
    offsets: Option<String>,
    /// Distance between the offsets tried
    #[arg(long, value_name = "K", default_value_t = 1)]
    stride: u64,
    /// Try only the seeds from A to below B
    #[arg(long, value_name = "A..B")]
    seeds: Option<String>,
    /// Try only part K of N of the seeds; `seed-recovery merge` joins what the parts print with --json
    #[arg(long, value_name = "K/N")]
    shard: Option<String>,
    /// Stop at the first seed found
    #[arg(long)]
    first: bool,
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

/// What else there is to do than to search for draws.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Notebook(notebook::Arguments),
    Merge(merge::Arguments),
}

fn text_of(path: &std::path::Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// One offset; a number beyond the last is refused as a stretch that begins there is.
fn single(first: u64, stride: u64) -> Offsets {
    Offsets { first, end: first.saturating_add(1), stride }
}

impl Arguments {
    /// The search asked for.
    pub fn asked(&self) -> Result<Asked> {
        let options = self.options()?;
        let mut given = Vec::new();
        if self.target.is_empty() || !self.draw.is_empty() || self.from.is_some() {
            let file = self.from.as_deref().map(text_of).transpose()?;
            let items = parse_items(&self.draw, file.as_deref())?;
            self.note_cuda(self.draw.iter().chain(&file));
            given.push(Given { file: None, items });
        }
        for path in &self.target {
            let (name, text) = (path.display().to_string(), text_of(path)?);
            let items = parse_items(&[], Some(&text)).with_context(|| name.clone())?;
            self.note_cuda([&text]);
            given.push(Given { file: Some(name), items });
        }
        Asked::new(&given, &options, self.weak)
    }

    fn note_cuda<'a>(&self, texts: impl IntoIterator<Item = &'a String>) {
        if !self.quiet && texts.into_iter().any(|text| text.contains("device='cuda")) {
            eprintln!(
                "note: values lie on a CUDA device; they can be found only if they were drawn on the CPU and moved later"
            );
        }
    }

    fn options(&self) -> Result<Options, Error> {
        let defaults = Options::default();
        let mut offsets: Vec<Offsets> =
            self.offset.iter().map(|&first| single(first, self.stride)).collect();
        if let Some(text) = &self.offsets {
            let range = range("--offsets", text)?;
            offsets.push(Offsets { first: range.start, end: range.end, stride: self.stride });
        }
        if offsets.is_empty() {
            offsets.push(single(0, self.stride));
        }
        Ok(Options {
            offsets: offsets.into(),
            seeds: self
                .seeds
                .as_deref()
                .map_or(Ok(defaults.seeds), |text| range("--seeds", text))?,
            shard: self.shard.as_deref().map_or(Ok(defaults.shard), str::parse::<Shard>)?,
            threads: self.threads.unwrap_or(defaults.threads),
            simd: self.simd.as_deref().map_or(Ok(defaults.simd), str::parse::<Simd>)?,
            first: self.first,
        })
    }
}
