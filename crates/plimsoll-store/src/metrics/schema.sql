-- Index of the snapshot files. Times are microseconds since the Unix epoch; JSON columns have sorted keys.

CREATE TABLE definitions (
    id   INTEGER PRIMARY KEY,
    json TEXT NOT NULL UNIQUE
);

CREATE TABLE snapshots (
    rowid          INTEGER PRIMARY KEY,
    project        TEXT NOT NULL,
    path           TEXT NOT NULL,          -- below projects/<project>/snapshots/
    mtime_ns       INTEGER NOT NULL,
    size           INTEGER NOT NULL,
    id             TEXT NOT NULL,
    monitor        TEXT NOT NULL,
    kind           TEXT NOT NULL,
    at             INTEGER NOT NULL,       -- start of the window, else of the run
    win_end        INTEGER,                -- null: no window
    granularity    TEXT,
    timezone       TEXT,
    revision       INTEGER NOT NULL,
    status         TEXT NOT NULL,
    rows           INTEGER NOT NULL,
    outcome        TEXT,
    total          INTEGER NOT NULL,
    pass           INTEGER NOT NULL,
    warn           INTEGER NOT NULL,
    fail           INTEGER NOT NULL,
    error          INTEGER NOT NULL,
    skipped        INTEGER NOT NULL,
    reference      TEXT,                   -- JSON
    tags           TEXT NOT NULL,          -- JSON
    started_at     TEXT NOT NULL,
    seconds        REAL NOT NULL,
    fingerprint    TEXT NOT NULL,
    maturity       TEXT,                   -- JSON
    coverage       REAL,                   -- of the maturity
    definition     INTEGER NOT NULL REFERENCES definitions (id)
);
CREATE UNIQUE INDEX snapshots_by_id ON snapshots (project, id);
CREATE INDEX snapshots_by_time ON snapshots (project, at, id);
CREATE INDEX snapshots_by_monitor ON snapshots (project, monitor, kind, at, id);

-- Files that are no readable snapshots, so that they are read once and not at every comparison.
CREATE TABLE skipped (
    project  TEXT NOT NULL,
    path     TEXT NOT NULL,
    mtime_ns INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    reason   TEXT NOT NULL,
    PRIMARY KEY (project, path)
) WITHOUT ROWID;

CREATE TABLE series (
    id      INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    metric  TEXT NOT NULL,
    field   TEXT NOT NULL,
    monitor TEXT NOT NULL,
    labels  TEXT NOT NULL,                 -- JSON
    params  TEXT NOT NULL                  -- JSON
);
CREATE UNIQUE INDEX series_by_name ON series (project, metric, field, monitor, labels, params);
CREATE INDEX series_by_monitor ON series (project, monitor);

CREATE TABLE points (
    series   INTEGER NOT NULL REFERENCES series (id),
    at       INTEGER NOT NULL,
    snapshot INTEGER NOT NULL REFERENCES snapshots (rowid),
    value    REAL,
    PRIMARY KEY (series, at, snapshot)
) WITHOUT ROWID;

-- A test is held against a point, so a series names what is tested.
CREATE TABLE tests (
    snapshot INTEGER NOT NULL REFERENCES snapshots (rowid),
    ordinal  INTEGER NOT NULL,
    series   INTEGER NOT NULL REFERENCES series (id),
    nth      INTEGER NOT NULL,             -- of the tests of this series and severity in the snapshot
    bound    TEXT NOT NULL,                -- JSON
    observed REAL,
    status   TEXT NOT NULL,
    severity TEXT NOT NULL,
    message  TEXT NOT NULL,
    PRIMARY KEY (snapshot, ordinal)
) WITHOUT ROWID;
