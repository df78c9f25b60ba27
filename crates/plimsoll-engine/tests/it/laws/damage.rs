//! Bytes that are damaged are an error, never a panic and never another number.

use std::sync::Arc;

use plimsoll_engine::{Batch, Profile, ProfileError, ProfileOptions, ProfilePlan, Reader, Writer};

use super::{small, specs};
use crate::frames::fixed_frame;

fn bytes(options: &ProfileOptions) -> (Arc<ProfilePlan>, Vec<u8>) {
    let plan = Arc::new(ProfilePlan::new(specs(), options.clone()));
    let bytes = fixed_frame(70).profile(&plan).to_bytes();
    (plan, bytes)
}

#[test]
fn bytes_that_end_early_are_damaged() {
    let (plan, bytes) = bytes(&small());
    for end in 0..bytes.len() {
        let error = Profile::from_bytes(&plan, &bytes[..end]).expect_err("no whole profile");
        assert!(matches!(error, ProfileError::Damaged { .. }), "{end}: {error}");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(matches!(
        Profile::from_bytes(&plan, &longer),
        Err(ProfileError::Damaged { .. })
    ));
}

#[test]
fn a_flipped_bit_anywhere_is_an_error() {
    let (plan, bytes) = bytes(&small());
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(Profile::from_bytes(&plan, &flipped).is_err(), "byte {at}");
    }
}

#[test]
fn stored_profiles_come_back_whole_or_not_at_all() {
    let (plan, bytes) = bytes(&small());
    let stored = Profile::from_bytes(&plan, &bytes).expect("own bytes").to_stored();
    let back = Profile::from_stored(&stored).expect("own bytes");
    assert_eq!(back.plan(), &plan);
    assert!(back.to_bytes() == bytes);
    for end in (0..stored.len()).step_by(7) {
        assert!(Profile::from_stored(&stored[..end]).is_err(), "{end}");
    }
    for at in (0..stored.len()).step_by(3) {
        let mut flipped = stored.clone();
        flipped[at] ^= 1 << (at % 8);
        if let Ok(back) = Profile::from_stored(&flipped) {
            assert!(back.plan() == &plan && back.to_bytes() == bytes, "byte {at}");
        }
    }
}

#[test]
fn bytes_of_another_version_say_so() {
    let (plan, mut bytes) = bytes(&small());
    bytes[4] = 77;
    let error = Profile::from_bytes(&plan, &bytes).expect_err("another version");
    assert!(matches!(error, ProfileError::Version { found: 77, .. }), "{error}");
}

/// What a profile's checksum would catch, the states' readers survive, too.
#[test]
fn no_state_panics_on_any_flipped_byte_or_end() {
    for options in [ProfileOptions::default(), small()] {
        for spec in specs() {
            let plan = Arc::new(ProfilePlan::new([spec.clone()], options.clone()));
            let mut state = spec.zero(&options);
            let frame = fixed_frame(70);
            let batch = Batch::new(&frame.names, &frame.arrays);
            state.update(&batch).expect("columns of the frame");
            state.finish();
            let mut writer = Writer::default();
            state.write(&mut writer);
            let bytes = writer.into_bytes();
            for at in 0..bytes.len() {
                let read = |bytes: &[u8]| spec.read(&plan.options().clone(), &mut Reader::new(bytes)).is_ok();
                assert!(!read(&bytes[..at]), "{at} bytes of {spec:?}");
                for mask in [1, 0x40, 0x80, 0xff] {
                    let mut flipped = bytes.clone();
                    flipped[at] ^= mask;
                    // Some flips give another valid state; none may panic.
                    let _ = read(&flipped);
                }
            }
        }
    }
}

#[test]
fn profiles_of_other_plans_do_not_merge() {
    let frame = fixed_frame(10);
    let plan = |options, specs| Arc::new(ProfilePlan::new(specs, options));
    let one = plan(small(), specs());
    let fewer = plan(small(), specs().split_off(3));
    let other = plan(ProfileOptions::default(), specs());
    for stranger in [fewer, other] {
        let error = frame
            .profile(&one)
            .merge(frame.profile(&stranger))
            .expect_err("another plan");
        assert!(matches!(error, ProfileError::Plan(_)), "{error}");
    }
}
