//! What happens when: the batch job from windows to snapshots.
