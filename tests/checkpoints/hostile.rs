//! Damaged, hostile and foreign files: each ends in a sentence, none in a panic.

use std::fs;
use std::io::{Cursor, Write as _};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use tch::{Kind, Tensor};
use torch_exact::checkpoint::{self, Value, safetensors};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use common::describe::describe;

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

/// An archive with these records in the folder that torch.save uses.
fn archive(records: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in records {
        zip.start_file(format!("archive/{name}"), options())?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

fn pickle(body: &[u8]) -> Result<Vec<u8>> {
    archive(&[("data.pkl", &[b"\x80\x02", body, b"."].concat()), ("data/0", &[0; 24])])
}

/// The persistent id of storage 0 of that class and length.
fn storage(class: &str, numel: u8) -> Vec<u8> {
    let mut out = b"(X\x07\0\0\0storagectorch\n".to_vec();
    out.extend(class.as_bytes());
    out.extend(b"\nX\x01\0\0\x000X\x03\0\0\0cpuK");
    out.extend([numel, b't', b'Q']);
    out
}

/// A float32 tensor on storage 0, of 24 bytes; `size` and `stride` are pickled tuples.
fn tensor(numel: u8, offset: &[u8], size: &[u8], stride: &[u8]) -> Vec<u8> {
    let start = b"ctorch._utils\n_rebuild_tensor_v2\n(".to_vec();
    let end = b"\x89ccollections\nOrderedDict\n)RtR";
    [&start, &storage("FloatStorage", numel), offset, size, stride, end].concat()
}

/// `torch.save`'s files that are read to an error.
fn cases() -> Result<Vec<(&'static str, Vec<u8>, &'static str)>> {
    let good = archive(&[("data.pkl", b"\x80\x02K\x01."), ("byteorder", b"little")])?;
    let call = |function: &str, arguments: &[u8]| {
        pickle(&[b"c", function.as_bytes(), b"\n", arguments, b"R"].concat())
    };
    let six = b"K\x06\x85";
    let one = b"K\x01\x85";
    let huge = b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85";
    let mut deep = vec![b']'; 100_000];
    deep.extend(vec![b'a'; 99_999]);
    let mut laughs = b"]q\0".to_vec();
    for level in 0..60u8 {
        laughs.extend(b"](".iter());
        laughs.extend([b'h', level, b'h', level, b'h', level, b'h', level, b'e', b'q', level + 1]);
    }
    let mut copies = b"X\x00\x00\x01\x00".to_vec();
    copies.extend(vec![b'x'; 65536]);
    copies.extend(b"q\0](");
    copies.extend(b"h\0".repeat(50_000));
    copies.push(b'e');
    let compressed = {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("archive/data.pkl", options())?;
        zip.write_all(b"\x80\x02K\x01.")?;
        let mut bytes = zip.finish()?.into_inner();
        // The method of both headers becomes deflate.
        for at in [8, bytes.windows(4).position(|w| w == b"PK\x01\x02").context("a header")? + 10] {
            bytes[at] = 8;
        }
        bytes
    };
    let resized = |size: u32| -> Result<Vec<u8>> {
        let mut bytes = good.clone();
        for (at, window) in good.windows(4).enumerate() {
            let sizes = match window {
                b"PK\x03\x04" => at + 18,
                b"PK\x01\x02" => at + 20,
                _ => continue,
            };
            bytes[sizes..sizes + 4].copy_from_slice(&size.to_le_bytes());
            bytes[sizes + 4..sizes + 8].copy_from_slice(&size.to_le_bytes());
        }
        Ok(bytes)
    };
    let mut sums = good.clone();
    let at = good.windows(4).position(|w| w == b"\x80\x02K\x01").context("the pickle")?;
    sums[at + 3] = 2;
    let nested = |depth: usize| [b"K\x00".to_vec(), vec![0x85; depth]].concat();
    Ok(vec![
        ("empty", Vec::new(), "expected a file of torch.save, found an empty file"),
        ("text", b"no tensors here".to_vec(), "found a file of neither format"),
        ("bare pickle", b"\x80\x04N.".to_vec(), "found a pickle that torch.save did not write"),
        (
            "before 1.6",
            b"\x80\x02\x8a\x0al\xfc\x9cF".to_vec(),
            "in PyTorch's format before its zip files",
        ),
        ("empty archive", b"PK\x05\x06".to_vec(), "found an empty or split zip archive"),
        ("cut", good[..good.len() - 30].to_vec(), "a damaged or incomplete zip archive"),
        ("other archive", archive(&[("x", b"")])?, "one without data.pkl"),
        (
            "TorchScript",
            archive(&[("data.pkl", b""), ("constants.pkl", b"")])?,
            "a TorchScript program; save its state_dict()",
        ),
        ("compressed", compressed, "data.pkl: expected no compression, found Deflate"),
        ("more than there is", resized(1 << 30)?, "bytes that the file has left, found 1073741824"),
        ("sum", sums, "record data.pkl: Invalid checksum"),
        (
            "big end",
            archive(&[("data.pkl", b"\x80\x02N."), ("byteorder", b"big")])?,
            "the most significant byte first",
        ),
        ("no value", pickle(b"")?, "byte 2: an instruction finds no value"),
        (
            "no end",
            archive(&[("data.pkl", b"\x80\x02N")])?,
            "byte 3: 1 bytes are announced, 0 are left",
        ),
        ("long str", pickle(b"X\xff\xff\xff\xff")?, "4294967295 bytes are announced"),
        ("no str", pickle(b"X\x01\0\0\0\xff")?, "byte 2: a str that is not UTF-8"),
        (
            "long int",
            pickle(&[b"\x8a\x11".as_slice(), &[1; 17]].concat())?,
            "an int of 136 bits; 128 are held",
        ),
        ("memo", pickle(b"h\x05")?, "byte 2: memo 5 was never set"),
        ("no mark", pickle(b"t")?, "byte 2: no mark is open"),
        ("below the mark", pickle(b"N(a")?, "an instruction finds no value to work on"),
        ("append", pickle(b"NNa")?, "an item is added to something that is not a list"),
        ("set item", pickle(b"]K\x01K\x02s")?, "a key is set in something that is not a dict"),
        ("odd items", pickle(b"}(K\x01u")?, "a key without a value"),
        (
            "list as key",
            pickle(b"}]K\x01s")?,
            "a dict's key is not a number, str, bytes or short tuple",
        ),
        (
            "system",
            call("os\nsystem", b"(X\x02\0\0\0lst")?,
            "Python's `os.system`, which is never called here",
        ),
        ("eval", call("__builtin__\neval", b")")?, "Python's `builtins.eval`"),
        ("numpy", call("numpy.core.multiarray\nscalar", b")")?, "`numpy.core.multiarray.scalar`"),
        (
            "sparse",
            call("torch._utils\n_rebuild_sparse_tensor", b")")?,
            "`torch._utils._rebuild_sparse_tensor`",
        ),
        ("attributes", pickle(b"]}b")?, "attributes for something that is not an OrderedDict"),
        ("call of a number", pickle(b"K\x01)R")?, "a call of something that is not a function"),
        (
            "arguments",
            call("collections\nOrderedDict", b"K\x01\x85")?,
            "OrderedDict with arguments",
        ),
        (
            "function",
            pickle(b"ccollections\nOrderedDict\n")?,
            "a function, class or storage by itself",
        ),
        (
            "bare storage",
            pickle(&storage("FloatStorage", 6))?,
            "storage by itself, which is not a value",
        ),
        ("persistent id", pickle(b"K\x01Q")?, "a persistent id that is not a tuple"),
        ("other id", pickle(b"K\x01\x85Q")?, "a persistent id that describes no storage"),
        ("later protocol", pickle(b"\x8c\x01a")?, "save with `pickle_protocol=2`"),
        ("opcode", pickle(b"\xff")?, "no instruction that torch.save writes (opcode 0xff)"),
        ("deep list", pickle(&deep)?, "stand more than 200 deep"),
        ("deep tuple", pickle(&nested(5000))?, "stand more than 200 deep"),
        (
            "list in itself",
            pickle(b"]q\0h\0a")?,
            "[0][0][0][0]…: lists and dicts stand more than 200",
        ),
        ("lists of lists", pickle(&laughs)?, "the values would take more than"),
        ("copies", pickle(&copies)?, "the values would take more than"),
        (
            "too large",
            pickle(&tensor(6, b"K\0", b"K\x07\x85", one))?,
            "need 28 bytes, but its storage 0 holds 24",
        ),
        ("offset", pickle(&tensor(6, b"K\x01", six, one))?, "offset 1 of float32 need 28 bytes"),
        (
            "negative",
            pickle(&tensor(6, b"K\0", b"J\xff\xff\xff\xff\x85", one))?,
            "a negative number in offset 0, size [-1]",
        ),
        ("beyond memory", pickle(&tensor(6, b"K\0", huge, huge))?, "exceeds any memory"),
        ("ranks", pickle(&tensor(6, b"K\0", six, b")"))?, "the whole: 1 sizes and 0 strides"),
        (
            "storage too short",
            pickle(&tensor(7, b"K\0", six, one))?,
            "data/0, of the whole: expected 28 bytes, found 24",
        ),
        (
            "no storage",
            archive(&[(
                "data.pkl",
                &[b"\x80\x02".as_slice(), &tensor(6, b"K\0", six, one), b"."].concat(),
            )])?,
            "record data/0: expected a record, found none",
        ),
        (
            "place",
            pickle(
                &[b"}X\x01\0\0\0a](N".as_slice(), &tensor(6, b"K\x01", six, one), b"es"].concat(),
            )?,
            "[\"a\"][1]: size [6], stride [1], offset 1",
        ),
        (
            "dtype",
            pickle(
                &[
                    b"ctorch._utils\n_rebuild_tensor_v3\n(".as_slice(),
                    &storage("UntypedStorage", 24),
                    b"K\0K\x0c\x85K\x01\x85\x89Nctorch\nuint16\ntR",
                ]
                .concat(),
            )?,
            "the whole: a tensor of dtype uint16 cannot be read: tch has no such tensors",
        ),
    ])
}

#[test]
fn each_bad_file_has_its_sentence() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bad.pt");
    let cases = cases()?;
    for (name, bytes, expected) in &cases {
        fs::write(&path, bytes)?;
        let started = Instant::now();
        let error =
            checkpoint::load::<Value>(&path).err().with_context(|| format!("{name} was read"))?;
        let error = error.to_string();
        ensure!(error.contains(expected), "{name}: {error}");
        ensure!(error.starts_with("cannot read ") && error.len() < 1000, "{name}: {error}");
        ensure!(started.elapsed().as_secs() < 5, "{name} took {:?}", started.elapsed());
    }
    println!("{} bad files of torch.save", cases.len());
    Ok(())
}

/// A safetensors file with this header.
fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

#[test]
fn each_bad_safetensors_file_has_its_sentence() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bad");
    let torch_save = folder.path().join("model.pt");
    checkpoint::save(Value::None, &torch_save)?;
    let one = r#""a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#;
    let cases = [
        ("empty", Vec::new(), "expected a safetensors file, found an empty file"),
        ("text", b"nothing of the kind".to_vec(), "found a file of neither format"),
        (
            "torch.save",
            fs::read(&torch_save)?,
            "a file of torch.save; read it with `checkpoint::load`",
        ),
        (
            "cut",
            with_header(&format!("{{{one}}}"), b"\0\0"),
            "a damaged or incomplete safetensors file",
        ),
        (
            "cut header",
            with_header(&format!("{{{one}}}"), b"")[..30].to_vec(),
            "whose header is cut off",
        ),
        (
            "huge header",
            [b"\xff\xff\xff\xff\xff\xff\xff\x7f{".as_slice(), &[0; 9]].concat(),
            "whose header is cut off",
        ),
        ("no JSON", with_header("{\"a\":", b""), "a damaged or incomplete safetensors file"),
        ("twice", with_header(&format!("{{{one},{one}}}"), &[0; 4]), ""),
        (
            "two places",
            with_header(&format!("{{{one},{}}}", one.replace("[0,4]", "[4,8]")), &[0; 8]),
            "a damaged or incomplete safetensors file",
        ),
        (
            "overlap",
            with_header(&format!("{{{one},{}}}", one.replace("\"a\"", "\"b\"")), &[0; 4]),
            "a damaged or incomplete safetensors file",
        ),
        (
            "dtype",
            with_header(&format!("{{{}}}", one.replace("F32", "U32")), &[0; 4]),
            "\"a\": a tensor of dtype U32 cannot be read: tch has no such tensors",
        ),
        (
            "shape",
            with_header(&format!("{{{}}}", one.replace("[1]", "[4611686018427387904,4]")), &[0; 4]),
            "a damaged or incomplete safetensors file",
        ),
    ];
    for (name, bytes, expected) in &cases {
        fs::write(&path, bytes)?;
        match safetensors::load_file(&path) {
            // What one name twice for one place means is what it says.
            Ok(state) => ensure!(*name == "twice" && state.len() == 1, "{name} was read"),
            Err(error) => {
                let error = error.to_string();
                ensure!(error.contains(expected), "{name}: {error}");
            }
        }
    }
    let state = [("x".to_owned(), Tensor::zeros([1], (Kind::Float, tch::Device::Cpu)))];
    safetensors::save_file(&state.into_iter().collect(), &path)?;
    let error = checkpoint::load::<Value>(&path).unwrap_err().to_string();
    ensure!(error.contains("read it with `checkpoint::safetensors::load_file`"), "{error}");
    let half = [("x".to_owned(), Tensor::zeros([1], (Kind::ComplexDouble, tch::Device::Cpu)))];
    let error = safetensors::save_file(&half.into_iter().collect(), &path).unwrap_err().to_string();
    ensure!(error.contains("\"x\": a tensor of dtype complex128 cannot be written"), "{error}");
    Ok(())
}

#[test]
fn what_cannot_be_written_has_its_sentence() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("state.pt");
    let mut deep = Value::None;
    for _ in 0..250 {
        deep = Value::list([deep]);
    }
    let complex = Tensor::zeros([2], (Kind::ComplexFloat, tch::Device::Cpu));
    let real = complex.f_view_as_real()?;
    let sparse = Tensor::ones([2], tch::kind::FLOAT_CPU).f_to_sparse(None, None::<&[i64]>, None);
    let mut cases = vec![
        (deep, "stand more than 200 deep"),
        (Value::list([Value::Tensor(Tensor::new())]), "[0]: an undefined or sparse tensor"),
        (Value::Dict(vec![(Value::list([1]), 1.into())]), "found a list"),
        (
            Value::dict([("a", 1.into()), ("a", 2.into())]),
            "the key \"a\" occurs twice in the whole",
        ),
        (
            Value::dict([("z", Value::Tensor(complex)), ("r", Value::Tensor(real))]),
            "[\"r\"]: it shares its storage with a tensor of dtype complex64, and itself has float32",
        ),
    ];
    if let Ok(sparse) = sparse {
        cases.push((Value::Tensor(sparse), "the whole: an undefined or sparse tensor"));
    }
    for (value, expected) in cases {
        let error = checkpoint::save(value, &path).unwrap_err().to_string();
        ensure!(error.contains(expected), "{error}");
    }
    let missing = folder.path().join("no/such/folder/state.pt");
    let error = checkpoint::save(Value::None, &missing).unwrap_err().to_string();
    let expected =
        format!("cannot write {}: No such file or directory (os error 2)", missing.display());
    ensure!(error == expected, "{error}");
    let error = checkpoint::load::<Value>(&missing).unwrap_err().to_string();
    ensure!(error == expected.replace("write", "read"), "{error}");
    ensure!(
        checkpoint::load::<Value>(folder.path()).is_err()
            && checkpoint::save(Value::None, folder.path()).is_err()
    );
    ensure!(fs::read_dir(folder.path())?.count() == 0, "something was left behind");
    Ok(())
}

#[test]
fn cut_and_flipped_files_end_in_errors_or_values() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("state.pt");
    let base = Tensor::arange(6, tch::kind::FLOAT_CPU);
    let part = base.f_narrow(0, 2, 3)?;
    let value = Value::dict([
        ("base", (&base).into()),
        ("part", part.into()),
        ("list", vec![0.5, 1.5].into()),
        ("byte", Tensor::ones([3], (Kind::Float8e5m2, tch::Device::Cpu)).into()),
    ]);
    checkpoint::save(value, &path)?;
    let good = fs::read(&path)?;
    let expected = describe(&checkpoint::load(&path)?)?;
    for length in 0..good.len() {
        fs::write(&path, &good[..length])?;
        ensure!(
            checkpoint::load::<Value>(&path).is_err(),
            "{length} of {} bytes were read",
            good.len()
        );
    }
    let mut read = 0;
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << bit;
            fs::write(&path, &bytes)?;
            if let Ok(value) = checkpoint::load::<Value>(&path) {
                ensure!(describe(&value)? == expected, "bit {bit} of byte {at} changed a value");
                read += 1;
            }
        }
    }
    // Padding and headers that nothing reads may change; what is read has a sum.
    println!("of {} files with one bit flipped {read} were read", 8 * good.len());
    Ok(())
}
