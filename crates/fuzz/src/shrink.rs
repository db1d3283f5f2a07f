//! From a description that fails to the smallest that still does.

use serde_json::{Number, Value};

use crate::case::Case;
use crate::outcome::Outcome;
use crate::worker::Worker;
use parity::Verdict;

/// Follows ever simpler descriptions while they fail, and returns the last with its outcome.
pub fn smallest<C: Case>(
    mut case: C,
    mut outcome: Outcome,
    python: &mut Worker,
) -> anyhow::Result<(C, Outcome)> {
    'smaller: loop {
        for candidate in case.simpler() {
            let tried = candidate.run(python)?;
            if tried.verdict != Verdict::Identical {
                (case, outcome) = (candidate, tried);
                continue 'smaller;
            }
        }
        return Ok((case, outcome));
    }
}

/// Every description one cut away from `value` toward `simplest`: a list with an entry less, or one
/// field set to its simplest value or, where that is a whole number, brought nearer.
pub fn simpler(value: &Value, simplest: &Value) -> Vec<Value> {
    if value == simplest {
        return Vec::new();
    }
    match (value, simplest) {
        (Value::Object(fields), Value::Object(targets)) => {
            let cuts = fields.iter().flat_map(|(key, field)| {
                let target = targets.get(key).unwrap_or(field);
                simpler(field, target).into_iter().map(move |cut| (key, cut))
            });
            cuts.map(|(key, cut)| {
                let mut fields = fields.clone();
                fields.insert(key.clone(), cut);
                Value::Object(fields)
            })
            .collect()
        }
        (Value::Array(items), Value::Array(targets)) => {
            let shorter = (0..items.len()).filter(|_| items.len() > targets.len()).map(|skipped| {
                items
                    .iter()
                    .enumerate()
                    .filter(|(i, _)| *i != skipped)
                    .map(|(_, item)| item.clone())
                    .collect()
            });
            let nearer = items.iter().enumerate().flat_map(|(i, item)| {
                let target = targets.get(i).or(targets.last()).unwrap_or(item);
                simpler(item, target).into_iter().map(move |cut| {
                    let mut items = items.clone();
                    items[i] = cut;
                    Value::Array(items)
                })
            });
            shorter.chain(nearer).collect()
        }
        (Value::Number(number), Value::Number(target)) => {
            match (number.as_i64(), target.as_i64()) {
                (Some(from), Some(to)) => {
                    nearer(from, to).into_iter().map(|n| Value::Number(Number::from(n))).collect()
                }
                _ => vec![simplest.clone()],
            }
        }
        _ => vec![simplest.clone()],
    }
}

/// `to`, then numbers on the way from `from` to it, the last next to `from`.
fn nearer(from: i64, to: i64) -> Vec<i64> {
    let mut steps = vec![to, to + (from - to) / 2, from - (from - to).signum()];
    steps.dedup();
    steps.retain(|&step| step != from);
    steps
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_cut_changes_one_field_toward_the_simplest() {
        let value =
            json!({"rows": 9, "bias": true, "lr": 0.5, "loss": {"reduction": "sum"}, "seed": 0});
        let simplest =
            json!({"rows": 1, "bias": false, "lr": 0.1, "loss": {"reduction": "mean"}, "seed": 0});
        let cuts = simpler(&value, &simplest);
        let with = |field: &str, cut: Value| {
            let mut value = value.clone();
            value[field] = cut;
            value
        };
        let expected = [
            with("bias", json!(false)),
            with("loss", json!({"reduction": "mean"})),
            with("lr", json!(0.1)),
            with("rows", json!(1)),
            with("rows", json!(5)),
            with("rows", json!(8)),
        ];
        assert_eq!(cuts, expected);
    }

    #[test]
    fn lists_lose_entries_before_these_grow_smaller() {
        let cuts = simpler(&json!([3, 2, 1]), &json!([1, 1]));
        assert_eq!(
            cuts,
            [
                json!([2, 1]),
                json!([3, 1]),
                json!([3, 2]),
                json!([1, 2, 1]),
                json!([2, 2, 1]),
                json!([3, 1, 1])
            ]
        );
        assert_eq!(simpler(&json!([1, 1]), &json!([1, 1])), Vec::<Value>::new());
    }

    #[test]
    fn cutting_ends_at_the_simplest() {
        let simplest = json!({"rows": 1, "widths": [1, 1], "bias": false});
        let mut value = json!({"rows": 300, "widths": [7, 40, 3, 2], "bias": true});
        let mut steps = 0;
        // The timidest cut each time: the most steps there can be.
        while let Some(cut) = simpler(&value, &simplest).pop() {
            value = cut;
            steps += 1;
            assert!(steps < 1000);
        }
        assert_eq!(value["rows"], 1);
        assert_eq!(value["bias"], false);
    }
}
