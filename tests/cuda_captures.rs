//! Recorded steps on the stand-in for a GPU: what a capture does there, launch by launch.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context as _, Result, ensure};
use common::examples::parity_program;
use common::python::{python_with, repo_root};
use common::stand_in::{logged_by_python, logs, on_stand_in, same_launches, stand_in};
use parity::recording::Recording;
use replay::Step;
use serde_json::{Value, json};
use torch_exact::device::{DeviceRequest, select};
use torch_exact::nn::{Linear, Module, ReLU, Sequential, functional as F};
use torch_exact::optim::{self, Adam, Optimizer, SGD, SGDOptions};
use torch_exact::{Error, random};

const SCRIPT: &str = "tests/python/captured_step.py";

/// Says to this program, started anew on the stand-in, what to do there.
const TASK: &str = "CAPTURES_TASK";

/// This program on the stand-in, doing one task; and its log.
fn task(stand_in: &Path, task: &Value) -> Result<(Output, Vec<String>)> {
    task_with(stand_in, task, &[])
}

fn task_with(
    stand_in: &Path,
    task: &Value,
    variables: &[(&str, &str)],
) -> Result<(Output, Vec<String>)> {
    let folder = tempfile::tempdir()?;
    let output = on_stand_in(stand_in, &env::current_exe()?, folder.path())?
        .envs(variables.iter().copied())
        .args(["--ignored", "--exact", "a_task_on_the_stand_in", "--nocapture"])
        .env(TASK, task.to_string())
        .output()?;
    let log = logs(folder.path())?.pop().context("no log")?.1;
    Ok((output, log))
}

#[test]
#[ignore = "started by the others, on the stand-in"]
fn a_task_on_the_stand_in() -> Result<()> {
    let Ok(task) = env::var(TASK) else { return Ok(()) };
    let task: Value = serde_json::from_str(&task)?;
    let device = select(DeviceRequest::Cuda(None))?.device;
    random::manual_seed(7);
    let x = random::randn([32, 4])?.to_device(device);
    let y = random::randn([32, 2])?.to_device(device);
    let mut model = Sequential::new();
    if task["layers"] == 2 {
        model = model.add(Linear::new(4, 8)?).add(ReLU::new()).add(Linear::new(8, 2)?);
    } else {
        model = model.add(Linear::new(4, 2)?);
    }
    let model = model.to(device)?;
    let mut optimizer: Box<dyn Optimizer> = match task["optimizer"].as_str() {
        Some("Adam") => Box::new(Adam::new(model.parameters(), optim::lr(0.01))?),
        _ => Box::new(SGD::new(
            model.parameters(),
            SGDOptions {
                lr: 0.01,
                momentum: task["momentum"].as_f64().unwrap_or(0.),
                weight_decay: task["weight_decay"].as_f64().unwrap_or(0.),
                foreach: task["foreach"].as_bool(),
                ..Default::default()
            },
        )?),
    };
    let kept = match task["keeps_a_loss"] == true {
        true => Some(F::mse_loss(&model.forward(&x)?, &y)?),
        false => None,
    };
    if let Some(loss) = &kept {
        loss.backward();
    }
    let mut step = Step::new();
    let loss_fn = if task["loss"] == "L1Loss" { F::l1_loss } else { F::mse_loss };
    for _ in 0..task["steps"].as_u64().unwrap_or(12) {
        let [_] = step.take(|| {
            optimizer.zero_grad()?;
            let loss = loss_fn(&model.forward(&x)?, &y)?;
            loss.backward();
            optimizer.step()?;
            if task["reads"] == true {
                loss.f_double_value(&[])?;
            }
            Ok::<_, Error>([loss])
        })?;
    }
    drop(kept);
    println!("\nreplays {} refusal {:?}", step.replays(), step.refusal());
    Ok(())
}

/// The launches of the last capture.
fn captured(log: &[String]) -> Vec<&str> {
    let begin = log.iter().rposition(|line| line == "begin capture").unwrap_or(log.len());
    log[begin..].iter().filter_map(|line| line.strip_prefix("captured ")).collect()
}

fn legal(log: &[String]) -> Result<()> {
    let illegal = log.iter().find(|line| line.contains("ILLEGAL") || line.contains("REFUSED"));
    ensure!(illegal.is_none(), "in a capture: {illegal:?}");
    Ok(())
}

/// Kernels, grids, products and order are those that `torch.cuda.graph` captures of the same step.
#[test]
fn a_capture_has_pythons_launches() -> Result<()> {
    let (Some(stand_in), Some(python)) = (stand_in()?, python_with("torch")) else {
        return Ok(());
    };
    let mut compared = 0;
    for layers in [1, 2] {
        for (momentum, weight_decay, loss) in [(0., 0., "MSELoss"), (0.9, 0.01, "L1Loss")] {
            for foreach in [Value::Null, true.into(), false.into()] {
                let options = json!({
                    "layers": layers, "momentum": momentum, "weight_decay": weight_decay,
                    "foreach": foreach, "loss": loss,
                });
                let (output, log) = task(stand_in, &options)?;
                let said = String::from_utf8(output.stdout)?;
                ensure!(output.status.success(), "{options}: {said}");
                ensure!(said.contains("refusal None"), "{options}: {said}");
                legal(&log)?;
                let words = options.to_string();
                let theirs = logged_by_python(stand_in, &python, SCRIPT, &[&words])?;
                legal(&theirs)?;
                let (ours, theirs) = (captured(&log), captured(&theirs));
                same_launches(&options.to_string(), &ours, &theirs)?;
                ensure!(ours.len() > 5, "{options}: only {} launches captured", ours.len());
                let replays = log.iter().filter(|line| line.contains("graph of")).count();
                ensure!(replays > 3, "{options}: {replays} launches of a graph");
                compared += ours.len();
            }
        }
    }
    println!("captured launches as in Python: {compared} of {compared} (12 steps)");
    Ok(())
}

/// Where a sandbox forbids files in memory, the library that captures lies in a temporary one; where
/// that cannot be either, the step goes on as it stands and says so.
#[test]
fn the_library_that_captures_needs_no_file_in_memory() -> Result<()> {
    let Some(stand_in) = stand_in()? else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let (source, library) = (folder.path().join("none.c"), folder.path().join("none.so"));
    let none = "#include <errno.h>\n\
                int memfd_create(const char *n, unsigned f) { return errno = EPERM, -1; }\n";
    fs::write(&source, none)?;
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status()?;
    ensure!(compiled.success(), "cc ended with {compiled}");
    let preload = format!("{}:{}", library.display(), stand_in.join("libstand_in.so").display());
    let temporary = folder.path().join("temporary");
    fs::create_dir(&temporary)?;
    let temporary = temporary.display().to_string();
    let options = json!({ "layers": 1 });
    for (place, said) in [
        (&*temporary, "refusal None".to_owned()),
        ("/nonexistent", "cannot write /nonexistent/torch_exact.".to_owned()),
    ] {
        let variables = [("LD_PRELOAD", &*preload), ("TMPDIR", place)];
        let (output, log) = task_with(stand_in, &options, &variables)?;
        let printed = String::from_utf8([output.stdout, output.stderr].concat())?;
        ensure!(output.status.success() && printed.contains(&said), "{place}: {printed}");
        let replays = log.iter().any(|line| line.contains("graph of"));
        ensure!(replays == (place == temporary), "{place}: {printed}");
    }
    ensure!(fs::read_dir(&temporary)?.next().is_none(), "the library was left behind");
    Ok(())
}

/// The recorder asks nothing of the GPU that a capture forbids, and adds no launch to it.
#[test]
fn a_capture_that_is_recorded_is_the_same() -> Result<()> {
    let (Some(stand_in), Some(python)) = (stand_in()?, python_with("torch")) else {
        return Ok(());
    };
    let options = json!({
        "layers": 2, "momentum": 0.9, "weight_decay": 0.01, "foreach": null, "loss": "L1Loss",
    });
    let options = options.to_string();
    let plain = logged_by_python(stand_in, &python, SCRIPT, &[&options])?;
    let (logs_in, folder) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let output = on_stand_in(stand_in, &parity_program()?, logs_in.path())?
        .args(["record".as_ref(), folder.path().join("recording").as_os_str(), "--".as_ref()])
        .args([python, repo_root().join(SCRIPT)])
        .arg(&options)
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (_, log) = logs(logs_in.path())?.pop().context("no log")?;
    legal(&log)?;
    same_launches("recorded", &captured(&log), &captured(&plain))?;
    let recording = Recording::read(folder.path().join("recording"))?;
    let on_gpu = recording
        .calls()
        .iter()
        .filter(|call| call.outputs.iter().any(|value| value.device.starts_with("cuda")));
    ensure!(on_gpu.count() > 40, "{} calls were recorded", recording.calls().len());
    Ok(())
}

/// What cannot be captured goes on as it stands, and says why.
#[test]
fn what_cannot_be_captured_is_refused() -> Result<()> {
    let Some(stand_in) = stand_in()? else {
        return Ok(());
    };
    for (options, reason) in [
        (json!({ "optimizer": "Adam" }), "Adam cannot step in a CUDA graph, as in Python"),
        (json!({ "reads": true }), "_local_scalar_dense"),
    ] {
        let (output, log) = task(stand_in, &options)?;
        let said = String::from_utf8(output.stdout)?;
        ensure!(output.status.success(), "{options}: {said}");
        ensure!(said.contains("replays 0 ") && said.contains(reason), "{options}: {said}");
        ensure!(!log.iter().any(|line| line.contains("graph of")), "{options}: a graph ran");
    }
    Ok(())
}

/// A loss that is kept from a plain step: CUDA's refusal is what is said.
#[test]
fn a_loss_that_is_kept_breaks_a_capture() -> Result<()> {
    let Some(stand_in) = stand_in()? else {
        return Ok(());
    };
    let (output, log) = task(stand_in, &json!({ "keeps_a_loss": true }))?;
    let said =
        format!("{}{}", String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    let reason = "make the legacy stream depend on a capturing blocking stream";
    ensure!(said.contains(reason), "{said}");
    ensure!(!log.iter().any(|line| line.contains("graph of")), "a graph ran: {said}");
    Ok(())
}
