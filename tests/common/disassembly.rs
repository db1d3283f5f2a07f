//! Finding instructions in libraries whose outcome depends on the processor, by disassembly: of each function from
//! its start on, because the same bytes are found within other instructions too.

use std::collections::BTreeMap;
use std::fs::File as FsFile;
use std::path::Path;
use std::thread;

use anyhow::{Context as _, Result};
use iced_x86::{Decoder, DecoderOptions, Instruction, Mnemonic};
use object::{
    Architecture, File, Object as _, ObjectSection as _, ObjectSymbol as _, ReadCache, SectionKind,
    SymbolKind,
};

/// What an instruction does that makes its outcome the processor's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Asks the processor what it is.
    Cpuid,
    /// Has last bits that are each vendor's own: the manuals bound the error and name no result.
    Approximate,
}

/// An instruction found.
#[derive(Debug)]
pub struct Found {
    /// What it does.
    pub kind: Kind,
    /// Where it lies, from where the library is loaded to.
    pub address: u64,
    /// The names that the function has, or the one before it where it has none; may be none.
    pub functions: Vec<String>,
}

/// A library searched.
#[derive(Debug)]
pub struct Searched {
    /// How many functions it has.
    pub functions: usize,
    /// How many of them lay in what was searched.
    pub searched: usize,
    /// Whether only what it exports has a name.
    pub stripped: bool,
    /// By address.
    pub found: Vec<Found>,
}

/// A library's instructions of both kinds. `None` where it is for other processors than x86-64.
///
/// What lies between functions is searched from the end of the one before. In a library that is
/// stripped of its names that is all but what it exports; a disassembly that met data there is soon
/// in step again.
pub fn search(path: &Path) -> Result<Option<Searched>> {
    let cache = ReadCache::new(FsFile::open(path).with_context(|| path.display().to_string())?);
    let file = File::parse(&cache).with_context(|| path.display().to_string())?;
    if file.architecture() != Architecture::X86_64 {
        return Ok(None);
    }
    let mut functions = BTreeMap::<u64, (u64, Vec<String>)>::new();
    for symbol in file.symbols().chain(file.dynamic_symbols()) {
        if symbol.kind() == SymbolKind::Text && symbol.is_definition() {
            let (size, names) = functions.entry(symbol.address()).or_default();
            *size = (*size).max(symbol.size());
            let name = symbol.name()?.to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let mut searched = Searched {
        functions: functions.len(),
        searched: 0,
        stripped: file.symbols().next().is_none(),
        found: vec![],
    };
    for section in file.sections().filter(|section| section.kind() == SectionKind::Text) {
        let code = Code { start: section.address(), bytes: section.data()? };
        searched.searched += functions.range(code.start..code.end()).count();
        searched.found.extend(code.search(&code.pieces(&functions)));
    }
    // A function can lie within another.
    searched.found.sort_by_key(|found| found.address);
    searched.found.dedup_by_key(|found| found.address);
    Ok(Some(searched))
}

struct Piece<'a> {
    start: u64,
    end: u64,
    names: &'a [String],
}

struct Code<'a> {
    start: u64,
    bytes: &'a [u8],
}

impl Code<'_> {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// The functions that lie here, and what lies between them.
    fn pieces<'a>(&self, functions: &'a BTreeMap<u64, (u64, Vec<String>)>) -> Vec<Piece<'a>> {
        let mut pieces = vec![];
        let mut covered = self.start;
        let mut before: &[String] = &[];
        for (&start, (size, names)) in functions.range(self.start..self.end()) {
            if start > covered {
                pieces.push(Piece { start: covered, end: start, names: before });
            }
            let end = (start + size).min(self.end());
            pieces.push(Piece { start, end, names });
            covered = covered.max(end);
            before = names;
        }
        pieces.push(Piece { start: covered, end: self.end(), names: before });
        pieces
    }

    /// Shares the pieces out to the processor's cores.
    fn search(&self, pieces: &[Piece]) -> Vec<Found> {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let share = self.bytes.len() / threads + 1;
        let mut shares: Vec<Vec<&Piece>> = (0..threads).map(|_| vec![]).collect();
        for piece in pieces {
            shares[(piece.start - self.start) as usize / share].push(piece);
        }
        thread::scope(|scope| {
            let search = |pieces: Vec<&Piece>| {
                pieces.into_iter().flat_map(|piece| self.search_piece(piece)).collect::<Vec<_>>()
            };
            let started: Vec<_> =
                shares.into_iter().map(|share| scope.spawn(move || search(share))).collect();
            started.into_iter().flat_map(|thread| thread.join().expect("a search")).collect()
        })
    }

    fn search_piece(&self, piece: &Piece) -> Vec<Found> {
        let (start, end) = (piece.start - self.start, piece.end - self.start);
        search_code(&self.bytes[start as usize..end as usize], piece.start, piece.names)
    }
}

/// The instructions of both kinds in code that begins at an address.
pub fn search_code(code: &[u8], address: u64, names: &[String]) -> Vec<Found> {
    let mut decoder = Decoder::with_ip(64, code, address, DecoderOptions::NONE);
    let mut instruction = Instruction::default();
    let mut found = vec![];
    while decoder.can_decode() {
        decoder.decode_out(&mut instruction);
        if let Some(kind) = kind_of(instruction.mnemonic()) {
            found.push(Found { kind, address: instruction.ip(), functions: names.to_vec() });
        }
    }
    found
}

fn kind_of(mnemonic: Mnemonic) -> Option<Kind> {
    use Mnemonic::*;
    match mnemonic {
        Cpuid => Some(Kind::Cpuid),
        Rcpps | Rcpss | Rsqrtps | Rsqrtss | Vrcpps | Vrcpss | Vrsqrtps | Vrsqrtss // of SSE, AVX
        | Vrcp14pd | Vrcp14ps | Vrcp14sd | Vrcp14ss // of AVX-512
        | Vrsqrt14pd | Vrsqrt14ps | Vrsqrt14sd | Vrsqrt14ss
        | Vrcp28pd | Vrcp28ps | Vrcp28sd | Vrcp28ss
        | Vrsqrt28pd | Vrsqrt28ps | Vrsqrt28sd | Vrsqrt28ss | Vexp2pd | Vexp2ps
        | Vrcpph | Vrcpsh | Vrsqrtph | Vrsqrtsh
        | Pfrcp | Pfrsqrt // of 3DNow!
        | F2xm1 | Fyl2x | Fyl2xp1 | Fptan | Fpatan | Fsin | Fcos | Fsincos // of x87
            => Some(Kind::Approximate),
        _ => None,
    }
}
