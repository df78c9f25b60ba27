//! What a long-running program asks of the operating system: the one crate with unsafe code.

/// Lets threads share heaps: as many as there are cores, at least two.
///
/// The allocator of glibc gives threads heaps of their own, up to eight a core, and memory that is freed in one of them serves
/// no other. Rows pass from thread to thread, so a service that takes many of them would hold several times what it uses. To be
/// called before the first thread starts. Where the environment sets `MALLOC_ARENA_MAX`, that holds; other allocators are left as they are.
pub fn share_heaps() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    if std::env::var_os("MALLOC_ARENA_MAX").is_none() {
        let cores = std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
        glibc::limit_heaps(i32::try_from(cores).unwrap_or(i32::MAX));
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    #[expect(unsafe_code, reason = "glibc has no other interface")]
    pub fn limit_heaps(heaps: i32) {
        // SAFETY: `mallopt` takes two integers and locks what it changes; a number that it refuses changes nothing.
        unsafe { libc::mallopt(libc::M_ARENA_MAX, heaps) };
    }
}
