//! Which files a source names.

use std::{
    fs,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use crate::QueryError;

/// How a file's rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    Tsv,
    Json,
    Parquet,
    Arrow,
}

/// A file of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataFile {
    pub path: PathBuf,
    pub size: u64,
    /// Last change, in nanoseconds since the Unix epoch.
    pub changed: u128,
}

/// Format and whether the file is compressed with gzip, by the ending of its name.
pub(crate) fn format_of(path: &Path) -> Option<(Format, bool)> {
    let name = path.file_name()?.to_str()?.to_lowercase();
    let (stem, zipped) = name
        .strip_suffix(".gz")
        .map_or((name.as_str(), false), |stem| (stem, true));
    let format = match stem.rsplit_once('.')?.1 {
        "csv" => Format::Csv,
        "tsv" => Format::Tsv,
        "json" | "jsonl" | "ndjson" => Format::Json,
        "parquet" | "pq" if !zipped => Format::Parquet,
        "arrow" | "feather" | "ipc" if !zipped => Format::Arrow,
        _ => return None,
    };
    Some((format, zipped))
}

/// The files that a path, directory or glob names, sorted by path.
///
/// # Errors
/// [`QueryError`] if there is none, or they are of several formats.
pub(crate) fn list(spec: &str, base: &Path) -> Result<(Vec<DataFile>, Format, bool), QueryError> {
    let path = base.join(spec);
    let mut files = Vec::new();
    if path.is_dir() {
        walk(&path, &mut |p| files.push(p))?;
        files.retain(|p| format_of(p).is_some());
    } else if path.exists() {
        files.push(path.clone());
    } else if spec.contains(['*', '?']) {
        // The part before the first wildcard is where the search begins.
        let text = path.to_string_lossy().into_owned();
        let fixed = &text[..text.find(['*', '?']).unwrap_or(text.len())];
        let root = fixed.rsplit_once('/').map_or(Path::new("."), |(root, _)| {
            Path::new(if root.is_empty() { "/" } else { root })
        });
        if root.is_dir() {
            walk(root, &mut |p| files.push(p))?;
        }
        files.retain(|p| matches(&text, &p.to_string_lossy()));
    } else {
        return Err(missing(&path));
    }
    files.sort();
    let Some(first) = files.first().cloned() else {
        return Err(QueryError::NoFiles(spec.to_owned()));
    };
    let (format, zipped) = format_of(&first).ok_or_else(|| QueryError::Format(first.clone()))?;
    let mut listed = Vec::with_capacity(files.len());
    for path in files {
        if format_of(&path) != Some((format, zipped)) {
            return Err(QueryError::Mixed {
                spec: spec.to_owned(),
                first,
                second: path,
            });
        }
        let meta = fs::metadata(&path).map_err(|e| unreadable(&path, &e))?;
        let changed = meta.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
        listed.push(DataFile {
            size: meta.len(),
            changed: changed.map_or(0, |d| d.as_nanos()),
            path,
        });
    }
    // An empty file among others is left out; alone it is an error.
    if let [only] = listed.as_slice()
        && only.size == 0
    {
        return Err(QueryError::Empty(only.path.clone()));
    }
    listed.retain(|f| f.size > 0);
    if listed.is_empty() {
        return Err(QueryError::NoFiles(spec.to_owned()));
    }
    Ok((listed, format, zipped))
}

fn unreadable(path: &Path, error: &std::io::Error) -> QueryError {
    QueryError::Unreadable {
        path: path.to_owned(),
        problem: error.to_string(),
    }
}

fn walk(directory: &Path, found: &mut dyn FnMut(PathBuf)) -> Result<(), QueryError> {
    for entry in fs::read_dir(directory).map_err(|e| unreadable(directory, &e))? {
        let path = entry.map_err(|e| unreadable(directory, &e))?.path();
        let hidden = path
            .file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with(['.', '_']));
        if hidden {
            continue;
        }
        if path.is_dir() {
            walk(&path, found)?;
        } else {
            found(path);
        }
    }
    Ok(())
}

/// Matches `*` (any characters but `/`), `**` (any characters) and `?` (one character but `/`).
fn matches(pattern: &str, text: &str) -> bool {
    fn go(p: &[char], t: &[char]) -> bool {
        match p {
            [] => t.is_empty(),
            ['*', '*', rest @ ..] => {
                let rest = rest.strip_prefix(&['/']).unwrap_or(rest);
                (0..=t.len()).any(|at| go(rest, &t[at..]))
            }
            ['*', rest @ ..] => {
                let end = t.iter().position(|c| *c == '/').unwrap_or(t.len());
                (0..=end).any(|at| go(rest, &t[at..]))
            }
            ['?', rest @ ..] => t.first().is_some_and(|c| *c != '/') && go(rest, &t[1..]),
            [c, rest @ ..] => t.first() == Some(c) && go(rest, &t[1..]),
        }
    }
    go(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())
}

fn missing(path: &Path) -> QueryError {
    let name = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let directory = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let names: Vec<String> = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(|e| Some(e.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    QueryError::Missing {
        path: path.to_owned(),
        near: plimsoll_model::near(&name, names.iter().map(String::as_str)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_as_shells_do() {
        assert!(matches("/d/*.csv", "/d/a.csv") && !matches("/d/*.csv", "/d/e/a.csv"));
        assert!(matches("/d/**/*.csv", "/d/e/f/a.csv") && matches("/d/**/*.csv", "/d/a.csv"));
        assert!(matches("/d/2024-0?.csv", "/d/2024-01.csv") && !matches("/d/2024-0?.csv", "/d/2024-010.csv"));
    }

    #[test]
    fn endings_tell_the_format() {
        assert_eq!(format_of(Path::new("a.CSV.gz")), Some((Format::Csv, true)));
        assert_eq!(format_of(Path::new("a.b.parquet")), Some((Format::Parquet, false)));
        assert_eq!(format_of(Path::new("a.xlsx")), None);
    }
}
