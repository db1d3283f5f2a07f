use std::collections::HashSet;

use super::{Error, Generator};

/// What [`Generator::choice_with`] takes beyond the numbers, with NumPy's names and defaults.
#[derive(Debug, Clone, Copy)]
pub struct ChoiceOptions<'a> {
    /// Whether one may be chosen more than once.
    pub replace: bool,
    /// How probable each is; `None` for all alike, which draws otherwise than equal numbers do.
    pub p: Option<&'a [f64]>,
    /// Whether what was chosen without replacement and without `p` is put in random order.
    pub shuffle: bool,
}

impl Default for ChoiceOptions<'_> {
    fn default() -> Self {
        Self { replace: true, p: None, shuffle: true }
    }
}

impl Generator {
    /// `size` of the integers below `population`, with replacement: `[size]`, int64.
    /// `Generator.choice(population, size)`.
    ///
    /// # Errors
    /// [`Error::Sample`] for some out of none.
    pub fn choice(&mut self, population: usize, size: usize) -> Result<Vec<i64>, Error> {
        self.choice_with(population, size, ChoiceOptions::default())
    }

    /// `Generator.choice(population, size, replace=…, p=…, shuffle=…)`: `[size]`, int64.
    ///
    /// ```
    /// use draws::numpy::{ChoiceOptions, default_rng};
    ///
    /// let without = ChoiceOptions { replace: false, ..Default::default() };
    /// let chosen = default_rng(42).choice_with(10, 3, without)?;
    /// assert_eq!(chosen, [9, 0, 6]);
    /// # Ok::<(), draws::numpy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Sample`] for more than can be taken, [`Error::Probabilities`] for a `p` that is
    /// not one probability for each, together 1 to within 1.5e-8.
    pub fn choice_with(
        &mut self,
        population: usize,
        size: usize,
        options: ChoiceOptions<'_>,
    ) -> Result<Vec<i64>, Error> {
        if let Some(p) = options.p {
            check_probabilities(p, population)?;
        }
        if size > 0 && population == 0 || size > population && !options.replace {
            return Err(Error::Sample { size, population });
        }
        match options {
            ChoiceOptions { p: None, replace: true, .. } => {
                self.integers(0, population as i64, size)
            }
            ChoiceOptions { p: Some(p), replace: true, .. } => {
                let cumulative = cumulative(p);
                Ok((0..size).map(|_| self.pick(&cumulative)).collect())
            }
            ChoiceOptions { p: Some(p), .. } => self.weighted(p, size),
            ChoiceOptions { shuffle, .. } => Ok(self.distinct(population, size, shuffle)),
        }
    }

    fn pick(&mut self, cumulative: &[f64]) -> i64 {
        let x = self.random(1)[0];
        cumulative.partition_point(|&c| c <= x) as i64
    }

    /// Without replacement: draws as many as are missing, keeps the new ones, and draws again
    /// with the probabilities of those already chosen set to 0.
    fn weighted(&mut self, p: &[f64], size: usize) -> Result<Vec<i64>, Error> {
        let population = p.iter().filter(|&&p| p > 0.0).count();
        if population < size {
            return Err(Error::Sample { size, population });
        }
        let mut p = p.to_vec();
        let mut found: Vec<i64> = Vec::with_capacity(size);
        while found.len() < size {
            for &chosen in &found {
                p[chosen as usize] = 0.0;
            }
            let cumulative = cumulative(&p);
            let drawn: Vec<i64> = (found.len()..size).map(|_| self.pick(&cumulative)).collect();
            let mut seen = HashSet::new();
            found.extend(drawn.into_iter().filter(|&new| seen.insert(new)));
        }
        Ok(found)
    }

    fn distinct(&mut self, population: usize, size: usize, shuffle: bool) -> Vec<i64> {
        let share = if shuffle { 50 } else { 20 };
        if population > 10_000 && size > population / share {
            // A large share of many: the end of a shuffle that stops when it is settled.
            let mut all: Vec<i64> = (0i64..).take(population).collect();
            self.shuffle_from(&mut all, (population - size).max(1));
            return all.split_off(population - size);
        }
        // Floyd's method.
        let mut taken = HashSet::with_capacity(size);
        let mut chosen: Vec<i64> = (population - size..population)
            .map(|last| {
                let drawn = self.at_most(last as u64) as i64;
                let new = if taken.insert(drawn) { drawn } else { last as i64 };
                taken.insert(new);
                new
            })
            .collect();
        if shuffle {
            self.shuffle_from(&mut chosen, 1);
        }
        chosen
    }

    /// Settles the places from the last down to `first`. [`Generator::shuffle`] has the same
    /// purpose and draws by another method.
    fn shuffle_from(&mut self, items: &mut [i64], first: usize) {
        for i in (first..items.len()).rev() {
            let j = self.at_most(i as u64) as usize;
            items.swap(i, j);
        }
    }
}

fn cumulative(p: &[f64]) -> Vec<f64> {
    let sums = p.iter().scan(0.0, |sum, &p| {
        *sum += p;
        Some(*sum)
    });
    let sums: Vec<f64> = sums.collect();
    let last = sums.last().copied().unwrap_or(1.0);
    sums.into_iter().map(|sum| sum / last).collect()
}

fn check_probabilities(p: &[f64], population: usize) -> Result<(), Error> {
    let refused = |expected, found: String| Err(Error::Probabilities { expected, found });
    if p.len() != population {
        let found = format!("{} for {population}", p.len());
        return refused("one probability for each", found);
    }
    if let Some(negative) = p.iter().find(|p| **p < 0.0 || p.is_nan()) {
        return refused("0 or more throughout", format!("{negative:?}"));
    }
    // Kahan's sum, as NumPy's: what rounding loses is carried along.
    let (sum, _) = p.iter().fold((0.0, 0.0), |(sum, lost), &p| {
        let p = p - lost;
        let next: f64 = sum + p;
        (next, (next - sum) - p)
    });
    if (sum - 1.0_f64).abs() > f64::EPSILON.sqrt() {
        return refused("1 in sum", format!("{sum:?}"));
    }
    Ok(())
}
