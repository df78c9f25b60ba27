//! Every target over its seeds and mutations of them.

use std::panic::catch_unwind;

use plimsoll_fuzz::{Mutations, TARGETS, Target};

/// Mutations that each target is given.
const COUNT: usize = 3_000;

fn check(target: &Target, bytes: &[u8]) {
    let held = catch_unwind(|| (target.run)(bytes)).is_ok();
    assert!(held, "{} does not hold of {}", target.name, bytes.escape_ascii());
}

#[test]
fn every_target_holds_of_its_seeds_and_of_mutations() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{}", target.name);
        let mutations = Mutations::new(&seeds, 0x5eed).take(COUNT);
        for bytes in seeds.iter().cloned().chain(mutations) {
            check(target, &bytes);
        }
    }
}

#[test]
fn every_target_can_be_run_by_cargo_fuzz() {
    let manifest = std::fs::read_to_string("../../fuzz/Cargo.toml").unwrap();
    for Target { name, .. } in TARGETS {
        assert!(
            manifest.contains(&format!("name = \"{name}\"")),
            "{name} is not in fuzz/Cargo.toml"
        );
        let source = std::fs::read_to_string(format!("../../fuzz/fuzz_targets/{name}.rs")).unwrap();
        assert!(source.contains(&format!("plimsoll_fuzz::run(\"{name}\", ")), "{name}");
    }
}

#[test]
fn mutations_repeat_and_differ() {
    let seeds = [b"some bytes to begin with".to_vec(), b"others".to_vec()];
    let some: Vec<_> = Mutations::new(&seeds, 1).take(100).collect();
    assert_eq!(some, Mutations::new(&seeds, 1).take(100).collect::<Vec<_>>());
    assert_ne!(some, Mutations::new(&seeds, 4).take(100).collect::<Vec<_>>());
    assert!(some.iter().filter(|bytes| !seeds.contains(bytes)).count() > 80);
}
