"""The tables of a workspace, as the migrations that make them one after the other.

Times are seconds since 1970. Files are named by the SHA-256 of their content; the foreign keys keep
a row from naming a content that is not there, and a content from going while a row names it.
"""

from __future__ import annotations

_VERSION_1 = """
CREATE TABLE blob (
    digest  TEXT PRIMARY KEY,
    bytes   INTEGER NOT NULL,
    created REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- source: "upload:..." or "sample:NAME". What is NULL of the changes is as the file says.
-- announced: when its owner was first told that retention will delete it.
CREATE TABLE micrograph (
    id            TEXT PRIMARY KEY,
    owner         TEXT NOT NULL,
    source        TEXT NOT NULL,
    name          TEXT NOT NULL,
    title         TEXT NOT NULL,
    blob          TEXT REFERENCES blob,
    bytes         INTEGER NOT NULL,
    page          INTEGER NOT NULL DEFAULT 0,
    pixel_size    TEXT,
    info_bar_rows INTEGER,
    top_bar_rows  INTEGER,
    model         TEXT,
    object_settings TEXT,
    notes         TEXT NOT NULL DEFAULT '',
    created       REAL NOT NULL,
    used          REAL NOT NULL,
    announced     REAL,
    UNIQUE (owner, source)
) STRICT;
CREATE INDEX micrograph_blob ON micrograph (blob);
CREATE INDEX micrograph_used ON micrograph (owner, used);

CREATE TABLE sidecar (
    micrograph TEXT NOT NULL REFERENCES micrograph ON DELETE CASCADE,
    name       TEXT NOT NULL,
    blob       TEXT NOT NULL REFERENCES blob,
    PRIMARY KEY (micrograph, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX sidecar_blob ON sidecar (blob);

CREATE TABLE tag (
    micrograph TEXT NOT NULL REFERENCES micrograph ON DELETE CASCADE,
    tag        TEXT NOT NULL,
    PRIMARY KEY (micrograph, tag)
) STRICT, WITHOUT ROWID;

-- image: digest of the page that was drawn on.
CREATE TABLE drawing (
    micrograph  TEXT NOT NULL REFERENCES micrograph ON DELETE CASCADE,
    image       TEXT NOT NULL,
    strokes     TEXT NOT NULL,
    mask        TEXT REFERENCES blob,
    revision    INTEGER NOT NULL,
    phase_names TEXT NOT NULL,
    saved       REAL NOT NULL,
    PRIMARY KEY (micrograph, image)
) STRICT, WITHOUT ROWID;
CREATE INDEX drawing_mask ON drawing (mask);

-- key: of all that decides the labels. bytes: of its files together.
CREATE TABLE result (
    id         TEXT PRIMARY KEY,
    owner      TEXT NOT NULL,
    micrograph TEXT NOT NULL REFERENCES micrograph ON DELETE CASCADE,
    key        TEXT NOT NULL,
    model      TEXT NOT NULL,
    title      TEXT NOT NULL,
    run        TEXT NOT NULL,
    provenance TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    created    REAL NOT NULL,
    used       REAL NOT NULL,
    UNIQUE (owner, key)
) STRICT;
CREATE INDEX result_micrograph ON result (micrograph);

CREATE TABLE result_file (
    result TEXT NOT NULL REFERENCES result ON DELETE CASCADE,
    name   TEXT NOT NULL,
    blob   TEXT NOT NULL REFERENCES blob,
    PRIMARY KEY (result, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX result_file_blob ON result_file (blob);

CREATE VIEW unused_blob AS
SELECT digest FROM blob
WHERE NOT EXISTS (SELECT 1 FROM micrograph WHERE blob = digest)
  AND NOT EXISTS (SELECT 1 FROM sidecar WHERE blob = digest)
  AND NOT EXISTS (SELECT 1 FROM drawing WHERE mask = digest)
  AND NOT EXISTS (SELECT 1 FROM result_file WHERE blob = digest);

-- lease_until: seconds of the machine's monotonic clock, which nobody sets.
CREATE TABLE job (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    owner       TEXT NOT NULL,
    kind        TEXT NOT NULL,
    key         TEXT NOT NULL,
    params      TEXT NOT NULL,
    state       TEXT NOT NULL DEFAULT 'queued'
                CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    priority    INTEGER NOT NULL DEFAULT 0,
    attempt     INTEGER NOT NULL DEFAULT 0,
    worker      TEXT,
    lease_until REAL,
    done        INTEGER NOT NULL DEFAULT 0,
    total       INTEGER NOT NULL DEFAULT 0,
    message     TEXT NOT NULL DEFAULT '',
    created     REAL NOT NULL,
    started     REAL,
    finished    REAL,
    error       TEXT
) STRICT;
CREATE UNIQUE INDEX job_open ON job (owner, key) WHERE state IN ('queued', 'running');
CREATE INDEX job_waiting ON job (state, priority, id);
CREATE INDEX job_served ON job (owner, started);
"""

_VERSION_2 = """
-- What a person corrected in a result. revision: of the last step. counts: of core.by_hand.ByHand.
-- bytes: of how it began and of its steps.
CREATE TABLE correction (
    result          TEXT PRIMARY KEY REFERENCES result ON DELETE CASCADE,
    object_settings TEXT NOT NULL,
    revision        INTEGER NOT NULL,
    counts          TEXT NOT NULL,
    bytes           INTEGER NOT NULL,
    created         REAL NOT NULL,
    saved           REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- The log, which only grows: undoing a step is a step. data: as core.correction.codec has it.
CREATE TABLE correction_step (
    result   TEXT NOT NULL REFERENCES correction ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    serial   TEXT NOT NULL,
    kind     TEXT NOT NULL,
    data     BLOB NOT NULL,
    saved    REAL NOT NULL,
    PRIMARY KEY (result, revision),
    UNIQUE (result, serial)
) STRICT;

-- The whole of a revision, so that opening need not begin with the first step.
CREATE TABLE correction_snapshot (
    result   TEXT NOT NULL REFERENCES correction ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    blob     TEXT NOT NULL REFERENCES blob,
    PRIMARY KEY (result, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX correction_snapshot_blob ON correction_snapshot (blob);

DROP VIEW unused_blob;
CREATE VIEW unused_blob AS
SELECT digest FROM blob
WHERE NOT EXISTS (SELECT 1 FROM micrograph WHERE blob = digest)
  AND NOT EXISTS (SELECT 1 FROM sidecar WHERE blob = digest)
  AND NOT EXISTS (SELECT 1 FROM drawing WHERE mask = digest)
  AND NOT EXISTS (SELECT 1 FROM result_file WHERE blob = digest)
  AND NOT EXISTS (SELECT 1 FROM correction_snapshot WHERE blob = digest);
"""

_VERSION_3 = """
-- Fields that are measured alike. settings: of core.workspace.batches.Settings. groups: a table
-- that assigns fields to groups, as core.fields.many.groups reads it, and its file name.
CREATE TABLE batch (
    id          TEXT PRIMARY KEY,
    owner       TEXT NOT NULL,
    title       TEXT NOT NULL,
    model       TEXT NOT NULL,
    settings    TEXT NOT NULL,
    groups      BLOB,
    groups_name TEXT NOT NULL DEFAULT '',
    created     REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX batch_owner ON batch (owner, created);

-- measured: as core.fields.record has it, compressed; NULL before it is. run: its run.json,
-- compressed. overlay: PNG, for the report.
CREATE TABLE batch_field (
    batch      TEXT NOT NULL REFERENCES batch ON DELETE CASCADE,
    micrograph TEXT NOT NULL REFERENCES micrograph ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    measured   BLOB,
    run        BLOB,
    overlay    BLOB,
    PRIMARY KEY (batch, micrograph)
) STRICT;
CREATE INDEX batch_field_micrograph ON batch_field (micrograph);
"""

_VERSION_4 = """
-- What users taught or imported. everyone: whether all owners find it; only its owner removes it.
-- card: of core.workspace.lab.lab_card.
CREATE TABLE lab_model (
    id       TEXT PRIMARY KEY,
    owner    TEXT NOT NULL,
    name     TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('trained', 'forest', 'foreign')),
    everyone INTEGER NOT NULL CHECK (everyone IN (0, 1)),
    card     TEXT NOT NULL,
    weights  TEXT NOT NULL REFERENCES blob,
    bytes    INTEGER NOT NULL,
    created  REAL NOT NULL,
    UNIQUE (owner, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX lab_model_weights ON lab_model (weights);
CREATE UNIQUE INDEX lab_model_everyone ON lab_model (name) WHERE everyone;

DROP VIEW unused_blob;
CREATE VIEW unused_blob AS
SELECT digest FROM blob
WHERE NOT EXISTS (SELECT 1 FROM micrograph WHERE blob = digest)
  AND NOT EXISTS (SELECT 1 FROM sidecar WHERE blob = digest)
  AND NOT EXISTS (SELECT 1 FROM drawing WHERE mask = digest)
  AND NOT EXISTS (SELECT 1 FROM result_file WHERE blob = digest)
  AND NOT EXISTS (SELECT 1 FROM correction_snapshot WHERE blob = digest)
  AND NOT EXISTS (SELECT 1 FROM lab_model WHERE weights = digest);
"""

_VERSION_5 = """
-- A network that learns from a user's images. settings: of core.workspace.lab.training.Settings,
-- NULL before it is begun. images: as core.training.fine_tuning.images packs them. progress: where
-- it stands. result: what it gave, and weights, as a network of lab_model has them; NULL before.
CREATE TABLE training (
    id       TEXT PRIMARY KEY,
    owner    TEXT NOT NULL,
    title    TEXT NOT NULL,
    settings TEXT,
    images   TEXT NOT NULL REFERENCES blob,
    facts    TEXT NOT NULL,
    bytes    INTEGER NOT NULL,
    progress TEXT,
    result   TEXT,
    weights  TEXT REFERENCES blob,
    created  REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX training_owner ON training (owner, created);
CREATE INDEX training_images ON training (images);
CREATE INDEX training_weights ON training (weights);

DROP VIEW unused_blob;
CREATE VIEW unused_blob AS
SELECT digest FROM blob
WHERE NOT EXISTS (SELECT 1 FROM micrograph WHERE blob = digest)
  AND NOT EXISTS (SELECT 1 FROM sidecar WHERE blob = digest)
  AND NOT EXISTS (SELECT 1 FROM drawing WHERE mask = digest)
  AND NOT EXISTS (SELECT 1 FROM result_file WHERE blob = digest)
  AND NOT EXISTS (SELECT 1 FROM correction_snapshot WHERE blob = digest)
  AND NOT EXISTS (SELECT 1 FROM lab_model WHERE weights = digest)
  AND NOT EXISTS (SELECT 1 FROM training WHERE digest IN (images, weights));
"""

MIGRATIONS: tuple[str, ...] = (_VERSION_1, _VERSION_2, _VERSION_3, _VERSION_4, _VERSION_5)
"""``MIGRATIONS[n]`` takes a workspace from version n to version n + 1."""
