//! Whether a figure's decisions are matplotlib's.

use plot::{AxisLayout, Layout};

/// Least distance that makes a position another, in pixels.
pub const NEAR: f64 = 0.5;

/// Limits, ticks, labels and offset text to the last digit; positions within half a pixel.
pub fn same_axis(name: &str, ours: &AxisLayout, theirs: &AxisLayout) {
    assert_eq!(ours.limits, theirs.limits, "{name}: limits");
    assert_eq!(ours.ticks, theirs.ticks, "{name}: ticks");
    assert_eq!(ours.labels, theirs.labels, "{name}: labels");
    assert_eq!(ours.offset_text, theirs.offset_text, "{name}: offset text");
    assert_eq!(ours.name, theirs.name, "{name}: name");
    near(name, &ours.positions, &theirs.positions);
}

fn near(name: &str, ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len(), "{name}: number of positions");
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() <= NEAR, "{name}: {a} pixels for {b}");
    }
}

pub fn same_layout(name: &str, ours: &Layout, theirs: &Layout) {
    same_axis(&format!("{name}, x"), &ours.x, &theirs.x);
    same_axis(&format!("{name}, y"), &ours.y, &theirs.y);
    assert_eq!((ours.size, &ours.title), (theirs.size, &theirs.title), "{name}");
    near(&format!("{name}, axes"), &ours.axes, &theirs.axes);
    assert_eq!(ours.series.len(), theirs.series.len(), "{name}: number of series");
    for (a, b) in ours.series.iter().zip(&theirs.series) {
        assert_eq!((&a.kind, &a.label, &a.color), (&b.kind, &b.label, &b.color), "{name}");
        assert_eq!((a.linewidth, a.size), (b.linewidth, b.size), "{name}, {}", a.label);
        near(&format!("{name}, {}", a.label), &a.points.concat(), &b.points.concat());
    }
    assert_eq!(ours.legend.is_some(), theirs.legend.is_some(), "{name}: legend");
    if let (Some(a), Some(b)) = (&ours.legend, &theirs.legend) {
        assert_eq!(
            (&a.corner, &a.labels, a.fontsize),
            (&b.corner, &b.labels, b.fontsize),
            "{name}: legend"
        );
        near(&format!("{name}, legend"), &a.bounds, &b.bounds);
    }
}
