//! Parts are joined while rows are committed: a place whose reads can be held shows what happens in between.

use std::{fmt, ops::Range, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use jiff::SignedDuration;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result, memory::InMemory, path::Path,
};
use plimsoll_store::rows::{Place, Policy, RowStore, Table};
use tokio::sync::Semaphore;

use crate::rows::{HOUR, MONDAY, batch, columns, commit, later, read, row, run, write};

/// A store in memory: a read of many ranges, as rows are read, waits until it is let through.
#[derive(Debug)]
struct Held {
    inner: InMemory,
    reads: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("held")
    }
}

#[async_trait]
impl ObjectStore for Held {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.waiting.add_permits(1);
        let _let_through = self.reads.acquire().await;
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

struct Bench {
    store: RowStore,
    reads: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Bench {
    /// A store with ten parts of one date.
    async fn new() -> Self {
        let (reads, waiting) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let held = Held {
            inner: InMemory::new(),
            reads: Arc::clone(&reads),
            waiting: Arc::clone(&waiting),
        };
        let place = Place::remote(Arc::new(held), Path::from("w"), "memory://");
        let store = RowStore::open_for_writing(place, columns()).await.unwrap();
        write(&store, 10, 0).await;
        Self { store, reads, waiting }
    }

    /// Begins to join parts, and returns when the first of them is about to be read.
    async fn begin_to_compact(&self) -> tokio::task::JoinHandle<usize> {
        let store = self.store.clone();
        let compacting = tokio::spawn(async move { store.compact(later(0)).await.unwrap() });
        self.waiting.acquire().await.unwrap().forget();
        compacting
    }

    fn let_through(&self) {
        self.reads.add_permits(Semaphore::MAX_PERMITS / 2);
    }
}

#[test]
fn rows_are_committed_while_parts_are_joined() {
    run(async {
        let bench = Bench::new().await;
        let store = &bench.store;
        let compacting = bench.begin_to_compact().await;
        let rows = batch(&[row(77, MONDAY + 30 * HOUR), row(78, MONDAY)]);
        let manifest = store.commit(commit(vec![rows], 11)).await.unwrap();
        assert_eq!(manifest.predictions.len(), 12);
        assert!(!compacting.is_finished());
        bench.let_through();
        assert_eq!(compacting.await.unwrap(), 10);
        // The joined part, and both of the commit; its state holds too.
        let manifest = store.manifest();
        assert_eq!((manifest.predictions.len(), manifest.retired.len()), (3, 10));
        assert_eq!((manifest.log_position.0, &manifest.state["position"]), (11, &11.into()));
        assert_eq!(read(store, Table::Predictions).await.len(), 12);
    });
}

#[test]
fn parts_that_are_dropped_while_they_are_joined_do_not_come_back() {
    run(async {
        let bench = Bench::new().await;
        let store = &bench.store;
        let compacting = bench.begin_to_compact().await;
        let policy = Policy {
            max_age: Some(SignedDuration::from_hours(1)),
            max_bytes: None,
        };
        let now = jiff::Timestamp::from_microsecond(MONDAY + 5 * HOUR).unwrap();
        assert_eq!(store.retain(policy, now).await.unwrap(), 4);
        bench.let_through();
        assert_eq!(compacting.await.unwrap(), 0);
        assert_eq!(read(store, Table::Predictions).await.len(), 6);
    });
}
