//! The distance of every call, drawn.

use maud::{Markup, html};

use crate::comparison::Comparison;
use crate::distance::{CallDistance, Point};
use crate::places::Place;
use crate::text::thousands;

/// The picture, in its own units.
const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 14.0;
/// Where the axis of the calls is, and the band of the verdicts below it.
const BOTTOM: f64 = 232.0;
const BAND: f64 = 12.0;

/// As many columns, at most, have a mark of their own; of more calls, those of one column are one.
const COLUMNS: usize = 410;

/// The colours.
const KEYS: [(&str, &str); 4] = [
    ("fault", "not caused by another difference"),
    ("caused", "caused by one before"),
    ("unknown", "differs without ULPs"),
    ("same", "the same bits"),
];

/// How far the calls of a column are apart.
struct Column<'a> {
    points: Vec<&'a Point>,
}

/// From a call's number and distance to its place in the picture.
struct Scale {
    calls: usize,
    decades: u32,
}

impl Scale {
    fn x(&self, call: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * (call - 0.5) / self.calls as f64
    }

    /// By the logarithm.
    fn y(&self, ulps: u64) -> f64 {
        let height = (ulps.max(1) as f64).log10() / f64::from(self.decades);
        BOTTOM - 6.0 - (BOTTOM - TOP - 6.0) * height
    }

    fn column(&self, call: usize) -> usize {
        let columns = COLUMNS.min(self.calls);
        ((call - 1) * columns / self.calls).min(columns - 1)
    }
}

/// The distance in ULPs of each call that differs, and below it what every call came to.
pub(super) fn plot(comparison: &Comparison) -> Markup {
    let points = &comparison.distances.points;
    let of_sides = comparison.sides.iter().map(|side| side.computing);
    let calls = of_sides.chain(points.iter().map(|point| point.at[0])).max().unwrap_or(1).max(1);
    let largest = comparison.distances.largest_ulps.unwrap_or(1).max(10);
    let scale = Scale { calls, decades: (largest as f64).log10().ceil() as u32 };
    let columns = columns(&scale, points);
    html! {
        figure.plot {
            div.wide {
                svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" xmlns="http://www.w3.org/2000/svg" {
                    title { "Distance in ULPs of each computing call" }
                    (grid(&scale))
                    (band(&columns))
                    @for column in &columns { (marks(&scale, column, &comparison.places)) }
                }
            }
            figcaption {
                @for (class, what) in KEYS { span.legend { span.key.(class) {} (what) } " " }
                @if calls > COLUMNS {
                    "Each column stands for " (calls.div_ceil(COLUMNS))
                    " calls or so: a line from their smallest distance to their largest."
                }
            }
        }
    }
}

fn columns<'a>(scale: &Scale, points: &'a [Point]) -> Vec<Column<'a>> {
    let mut columns: Vec<_> =
        (0..COLUMNS.min(scale.calls)).map(|_| Column { points: Vec::new() }).collect();
    for point in points {
        columns[scale.column(point.at[0])].points.push(point);
    }
    columns
}

fn grid(scale: &Scale) -> Markup {
    let every = scale.decades.div_ceil(7).max(1);
    let ticks = ticks(scale.calls);
    html! {
        g.grid {
            @for decade in (0..=scale.decades).step_by(every as usize) {
                @let y = scale.y(10_u64.saturating_pow(decade));
                line x1=(LEFT) x2=(WIDTH - RIGHT) y1=(at(y)) y2=(at(y)) {}
                text.y x=(LEFT - 8.0) y=(at(y + 4.0)) { (power(decade)) }
            }
            @for tick in ticks {
                text.x x=(at(scale.x(tick as f64))) y=(BOTTOM + BAND + 20.0) { (thousands(tick)) }
            }
            text.x x=(at((LEFT + WIDTH) / 2.0)) y=(HEIGHT - 12.0) { "computing call" }
            text.x transform=(format!("translate(16 {}) rotate(-90)", at((TOP + BOTTOM) / 2.0))) { "ULP" }
        }
    }
}

fn power(decade: u32) -> String {
    match decade {
        0..=4 => thousands(10_usize.pow(decade)),
        _ => format!("1e{decade}"),
    }
}

/// About six round numbers of calls.
fn ticks(calls: usize) -> Vec<usize> {
    let steps = (0..).flat_map(|decade| [1, 2, 5].map(|digit| digit * 10_usize.pow(decade)));
    let step = steps.take(50).find(|step| calls / step <= 6).unwrap_or(calls);
    (0..)
        .map(|n| (n * step).max(1))
        .take_while(|&n| n <= calls)
        .skip(usize::from(step == 1))
        .collect()
}

/// The band: a piece for each stretch of columns that came to the same.
fn band(columns: &[Column<'_>]) -> Markup {
    let width = (WIDTH - LEFT - RIGHT) / columns.len() as f64;
    let classes: Vec<_> = columns.iter().map(Column::class).collect();
    let mut pieces: Vec<(usize, usize, &str)> = Vec::new();
    for (number, class) in classes.into_iter().enumerate() {
        match pieces.last_mut() {
            Some((_, end, last)) if *last == class => *end = number + 1,
            _ => pieces.push((number, number + 1, class)),
        }
    }
    html! {
        g.band { @for (from, to, class) in pieces {
            rect.(class) x=(at(LEFT + from as f64 * width)) width=(at((to - from) as f64 * width))
                y=(BOTTOM) height=(BAND) {}
        } }
    }
}

fn marks(scale: &Scale, column: &Column<'_>, places: &[Place]) -> Markup {
    let measured: Vec<_> =
        column.points.iter().filter_map(|point| Some((*point, point.ulps()?))).collect();
    let Some(&(largest, most)) = measured.iter().max_by_key(|(_, ulps)| *ulps) else {
        return html! {};
    };
    let least = measured.iter().map(|(_, ulps)| *ulps).min().unwrap_or(most);
    let fault = measured.iter().find(|(point, _)| point.independent);
    let x = scale.x(largest.at[0] as f64);
    html! {
        @if least < most { line.spread x1=(at(x)) x2=(at(x)) y1=(at(scale.y(least))) y2=(at(scale.y(most))) {} }
        (mark(scale, largest, most, places))
        @if let Some((fault, ulps)) = fault && fault.at != largest.at { (mark(scale, fault, *ulps, places)) }
    }
}

fn mark(scale: &Scale, point: &Point, ulps: u64, places: &[Place]) -> Markup {
    let class = if point.independent { "fault" } else { "caused" };
    html! {
        circle.point.(class) cx=(at(scale.x(point.at[0] as f64))) cy=(at(scale.y(ulps))) r="3" {
            title { "computing call " (thousands(point.at[0])) ", " (thousands(ulps as usize)) " ULP: " (places[point.place]) }
        }
    }
}

impl Point {
    fn ulps(&self) -> Option<u64> {
        match self.distance {
            CallDistance::Ulps(ulps) => Some(ulps),
            _ => None,
        }
    }
}

impl Column<'_> {
    fn class(&self) -> &'static str {
        if self.points.is_empty() {
            "same"
        } else if self.points.iter().any(|point| point.independent) {
            "fault"
        } else if self.points.iter().any(|point| point.ulps().is_none()) {
            "unknown"
        } else {
            "caused"
        }
    }
}

/// A number of the picture, as short as it can be seen.
fn at(number: f64) -> String {
    format!("{number:.1}")
}
