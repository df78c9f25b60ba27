//! Ranked lists of items, by user.

use std::collections::BTreeMap;

use crate::{Batch, ProfileError, Reader, Statistic, StatisticError, Writer, batch::MISSING, statistic::same};

/// Rows that are kept.
const LIMIT: usize = 1 << 18;
/// Rows that are kept when the state is stored.
const STORED: usize = 512;

/// One item of a user's list.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// What the list is sorted by: a score, or a place of the list.
    pub order: f64,
    /// Hash of the item; [`MISSING`] if there is none.
    pub item: u64,
    /// How relevant the item is to the user; `None` where that is not known.
    pub relevance: Option<f64>,
    /// Features of the item; NaN where one is missing.
    pub features: Box<[f64]>,
}

/// What the lists are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListColumns<'a> {
    pub user: &'a str,
    pub item: Option<&'a str>,
    pub order: &'a str,
    pub descending: bool,
    pub target: Option<&'a str>,
    pub features: &'a [String],
}

/// The list of each user, best item first; rows with a user and a finite score or rank.
///
/// # Accuracy
/// Exact up to 262,144 rows, then of the half, quarter … of the users whose hashes begin with zeros, so that neither order
/// nor merging shows.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedLists {
    user: String,
    item: Option<String>,
    order: String,
    descending: bool,
    target: Option<String>,
    features: Vec<String>,
    left_out: u64,
    /// Zeros at the start of the hashes of the users that are kept.
    zeros: u8,
    rows: usize,
    lists: BTreeMap<u64, Vec<Ranked>>,
    /// Names of the items of the lists.
    items: BTreeMap<u64, String>,
}

impl RankedLists {
    pub(super) fn new(columns: ListColumns<'_>) -> Self {
        Self {
            user: columns.user.to_owned(),
            item: columns.item.map(str::to_owned),
            order: columns.order.to_owned(),
            descending: columns.descending,
            target: columns.target.map(str::to_owned),
            features: columns.features.to_vec(),
            left_out: 0,
            zeros: 0,
            rows: 0,
            lists: BTreeMap::new(),
            items: BTreeMap::new(),
        }
    }

    /// Each user's list, best item first; equals by the hash of the item.
    pub fn lists(&self) -> impl ExactSizeIterator<Item = &[Ranked]> {
        self.lists.values().map(Vec::as_slice)
    }

    /// Each user by hash, with the list.
    pub fn by_user(&self) -> impl Iterator<Item = (u64, &[Ranked])> {
        self.lists.iter().map(|(user, list)| (*user, list.as_slice()))
    }

    /// Name of an item.
    #[must_use]
    pub fn name(&self, item: u64) -> Option<&str> {
        self.items.get(&item).map(String::as_str)
    }

    /// Rows left out: without a user, or without a finite score or rank.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The share of the users that is kept: 1, a half, a quarter …
    #[must_use]
    pub fn share(&self) -> f64 {
        0.5_f64.powi(i32::from(self.zeros))
    }

    fn keeps(&self, user: u64) -> bool {
        user.leading_zeros() >= u32::from(self.zeros)
    }

    fn drop_users(&mut self, zeros: u8) {
        self.zeros = zeros;
        self.lists.retain(|user, _| user.leading_zeros() >= u32::from(zeros));
        self.rows = self.lists.values().map(Vec::len).sum();
    }

    /// Drops users until at most so many rows, or only users who cannot be told apart, are left.
    fn shrink(&mut self, limit: usize) {
        while self.rows > limit {
            let most = self.lists.keys().next().map_or(0, |user| user.leading_zeros());
            if u32::from(self.zeros) >= most {
                return;
            }
            self.drop_users(self.zeros + 1);
        }
    }

    fn sort(&mut self) {
        let descending = self.descending;
        for list in self.lists.values_mut() {
            list.sort_by(|a, b| {
                let order = a.order.total_cmp(&b.order);
                let order = if descending { order.reverse() } else { order };
                let bits = |r: &Ranked| r.relevance.map_or(u64::MAX, f64::to_bits);
                let features = || a.features.iter().map(|f| f.to_bits());
                order
                    .then_with(|| a.item.cmp(&b.item))
                    .then_with(|| bits(a).cmp(&bits(b)))
                    .then_with(|| features().cmp(b.features.iter().map(|f| f.to_bits())))
            });
        }
        let used: std::collections::BTreeSet<u64> = self.lists.values().flatten().map(|r| r.item).collect();
        self.items.retain(|item, _| used.contains(item));
    }
}

impl Statistic for RankedLists {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        let users = batch.hashes(&self.user)?;
        let orders = batch.numbers(&self.order)?;
        let items = self.item.as_deref().map(|item| batch.hashes(item)).transpose()?;
        let names = self.item.as_deref().map(|item| batch.labels(item)).transpose()?;
        let targets = self.target.as_deref().map(|target| batch.numbers(target)).transpose()?;
        let features: Vec<_> = self
            .features
            .iter()
            .map(|feature| batch.numbers(feature))
            .collect::<Result<_, _>>()?;
        for (row, user) in users.iter().enumerate() {
            let Some(order) = orders.finite(row).filter(|_| *user != MISSING) else {
                self.left_out += 1;
                continue;
            };
            if !self.keeps(*user) {
                continue;
            }
            let item = items.map_or(MISSING, |items| items[row]);
            if let Some(name) = names.and_then(|names| names.get(row))
                && item != MISSING
                && !self.items.contains_key(&item)
            {
                self.items.insert(item, name.to_owned());
            }
            let feature = |of: &&crate::batch::Numbers<'_>| of.finite(row).map_or(f64::NAN, |v| v + 0.0);
            self.lists.entry(*user).or_default().push(Ranked {
                order: order + 0.0,
                item,
                relevance: targets.and_then(|targets| targets.finite(row)).map(|v| v + 0.0),
                features: features.iter().map(feature).collect(),
            });
            self.rows += 1;
            self.shrink(LIMIT);
        }
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        let other = same::<Self>("ranked_lists", other)?;
        self.left_out += other.left_out;
        if other.zeros > self.zeros {
            self.drop_users(other.zeros);
        }
        for (user, list) in other.lists {
            if self.keeps(user) {
                self.rows += list.len();
                self.lists.entry(user).or_default().extend(list);
                self.shrink(LIMIT);
            }
        }
        self.items.extend(other.items);
        Ok(())
    }

    fn finish(&mut self) {
        self.sort();
    }

    fn write(&self, writer: &mut Writer) {
        writer.u64(self.left_out);
        writer.u8(self.zeros);
        writer.varint(self.lists.len() as u64);
        for (user, list) in &self.lists {
            writer.u64(*user);
            writer.varint(list.len() as u64);
            for ranked in list {
                writer.f64(ranked.order);
                writer.u64(ranked.item);
                writer.f64(ranked.relevance.unwrap_or(f64::NAN));
                for feature in &ranked.features {
                    writer.f64(*feature);
                }
            }
        }
        writer.varint(self.items.len() as u64);
        for (item, name) in &self.items {
            writer.u64(*item);
            writer.string(name);
        }
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        self.left_out = reader.u64()?;
        self.zeros = reader.u8()?;
        if self.zeros > 63 {
            return Err(reader.damaged(format!("{} zeros, expected at most 63", self.zeros)));
        }
        self.lists = BTreeMap::new();
        for _ in 0..reader.varint()? {
            let user = reader.u64()?;
            let mut list = Vec::new();
            for _ in 0..reader.varint()? {
                let (order, item, relevance) = (reader.f64()?, reader.u64()?, reader.f64()?);
                let features = (0..self.features.len()).map(|_| reader.f64());
                list.push(Ranked {
                    order,
                    item,
                    relevance: (!relevance.is_nan()).then_some(relevance),
                    features: features.collect::<Result<_, _>>()?,
                });
            }
            self.lists.insert(user, list);
        }
        self.rows = self.lists.values().map(Vec::len).sum();
        self.items = BTreeMap::new();
        for _ in 0..reader.varint()? {
            let (item, name) = (reader.u64()?, reader.string()?);
            self.items.insert(item, name);
        }
        Ok(())
    }

    fn compact(&mut self) {
        self.shrink(STORED);
        self.sort();
    }
}
