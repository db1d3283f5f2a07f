//! The seeds of the three published notebooks, in a window of seeds around each.
//! `scripts/checks/seed-search` runs the same searches over all seeds.

use seed_recovery::{Evidence, Offsets, Options, Search, parse_items};

fn find(draws: &[&str], file: Option<&str>, offsets: Offsets, around: u64) -> Vec<(u32, u64)> {
    let draws: Vec<String> = draws.iter().map(ToString::to_string).collect();
    let items = parse_items(&draws, file).expect("the evidence reads");
    let evidence = Evidence::new(items).expect("the evidence stands");
    let seeds = around - 5_000..around + 5_000;
    let offsets = offsets.into();
    let search = Search::new(evidence, Options { offsets, seeds, ..Options::default() })
        .expect("the search is set up");
    search.check_strength().expect("the evidence is strong");
    let done = search.run(search.begin(), &false.into(), &mut |_| {});
    done.hits.iter().map(|hit| (hit.seed, hit.offset)).collect()
}

#[test]
fn creating_a_model() {
    let printed = include_str!("fixtures/creating_a_model.txt");
    assert_eq!(
        find(&["rand(100)"], Some(printed), Offsets::at(0), 996_907_998),
        [(996_907_998, 0)]
    );
}

#[test]
fn generated_data() {
    let draws = ["skip randint(-10,11,50)", "linear(1,1)=0.6533929109573364 -0.5177580118179321"];
    assert_eq!(find(&draws, None, Offsets::at(0), 1_039_685_572), [(1_039_685_572, 0)]);
}

#[test]
fn gradient_descent() {
    let printed = include_str!("fixtures/gradient_descent.txt");
    let offsets = Offsets { first: 0, end: 24_000, stride: 4 };
    let found = find(&["randn(2,3)", "randn(2)"], Some(printed), offsets, 3_809_636_297);
    assert_eq!(found, [(3_809_636_297, 23_668)]);
}
