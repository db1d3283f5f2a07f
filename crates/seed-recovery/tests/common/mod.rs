//! Draws planted at a seed and an offset.

use seed_recovery::{Arithmetic, Generator, Item, Mt19937, Printed, Scalar, parse_items};

fn print(value: Scalar) -> Printed {
    let text = match value {
        Scalar::F32(v) => format!("{:.4}", f64::from(v)),
        Scalar::F64(v) => format!("{v:.4}"),
        Scalar::I64(v) => v.to_string(),
    };
    Printed::parse(&text).expect("a printed number reads")
}

/// Draws a case and keeps what would be printed of it.
pub fn plant(case: &str, seed: u32, offset: u64, arithmetic: Arithmetic) -> Vec<Item> {
    let mut generator = Generator::new(Mt19937::at(seed, offset), arithmetic);
    let mut items = Vec::new();
    for step in case.split(';') {
        let call = step.trim_start_matches('_').trim_start_matches("skip ");
        let [item] = &parse_items(&[format!("skip {call}")], None).expect("the case reads")[..]
        else {
            panic!("{step} is one step");
        };
        match item {
            Item::SkippedWords(words) => generator.skip(*words),
            Item::Skipped(draw) if step.starts_with("skip") => {
                generator.draw(draw);
            }
            Item::Skipped(draw) => {
                let values = generator.draw(draw);
                let n = draw.len();
                let shown = |i: usize| !step.starts_with('_') || i < 3 || i + 3 >= n;
                let printed = values.iter().enumerate().map(|(i, v)| shown(i).then(|| print(v)));
                items.push(Item::Printed(draw.clone(), printed.collect()));
                continue;
            }
            Item::Printed(..) => panic!("{step} has no values"),
        }
        items.push(item.clone());
    }
    items
}
