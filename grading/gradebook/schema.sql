CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    began TEXT NOT NULL,
    ended TEXT,
    who TEXT NOT NULL,
    version TEXT NOT NULL,
    code TEXT NOT NULL,
    rubric_sha256 TEXT NOT NULL,
    title TEXT NOT NULL
);
CREATE TABLE handins (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL,
    lms_id TEXT NOT NULL,
    student TEXT NOT NULL DEFAULT '',
    student_id TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT ''
);
CREATE TABLE verdicts (
    id INTEGER PRIMARY KEY,
    handin INTEGER NOT NULL REFERENCES handins,
    run INTEGER NOT NULL REFERENCES runs,
    made TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    key TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    record BLOB NOT NULL,
    UNIQUE (handin, sha256, key)
);
CREATE TABLE marks (
    id INTEGER PRIMARY KEY,
    handin INTEGER NOT NULL REFERENCES handins,
    run INTEGER NOT NULL REFERENCES runs,
    verdict INTEGER REFERENCES verdicts,
    made TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    points REAL,
    factor REAL,
    score REAL,
    max_score REAL NOT NULL,
    due TEXT,
    submitted TEXT,
    minutes_late INTEGER,
    digest TEXT NOT NULL
);
CREATE INDEX marks_of_handin ON marks (handin, id);
CREATE TABLE checks (
    mark INTEGER NOT NULL REFERENCES marks,
    function TEXT NOT NULL,
    check_id TEXT NOT NULL,
    status TEXT NOT NULL,
    points REAL NOT NULL,
    max_points REAL NOT NULL,
    hidden INTEGER NOT NULL,
    mistake TEXT,
    PRIMARY KEY (mark, function, check_id)
) WITHOUT ROWID;
CREATE VIEW gradebook AS
    SELECT handins.name, handins.student, handins.student_id, handins.email, handins.lms_id, handins.path, marks.state, marks.score, marks.max_score, marks.points,
        marks.factor, marks.minutes_late, marks.submitted, marks.due, marks.reason, marks.made, runs.who,
        runs.version, runs.rubric_sha256, verdicts.sha256, marks.id AS mark
    FROM handins
    JOIN marks ON marks.id = (SELECT max(id) FROM marks WHERE marks.handin = handins.id)
    JOIN runs ON runs.id = marks.run
    LEFT JOIN verdicts ON verdicts.id = marks.verdict;
