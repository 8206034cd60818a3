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
CREATE TABLE hand_marks (
    id INTEGER PRIMARY KEY,
    handin INTEGER NOT NULL REFERENCES handins,
    item TEXT NOT NULL,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    points REAL,
    max_points REAL NOT NULL,
    comment TEXT NOT NULL,
    who TEXT NOT NULL,
    made TEXT NOT NULL
);
CREATE INDEX hand_marks_of_handin ON hand_marks (handin, item, id);
CREATE TABLE report_settings (
    id INTEGER PRIMARY KEY,
    settings TEXT NOT NULL UNIQUE
);
CREATE TABLE reports (
    handin INTEGER PRIMARY KEY REFERENCES handins,
    settings INTEGER NOT NULL REFERENCES report_settings,
    facts TEXT NOT NULL,
    hand_mark INTEGER NOT NULL
);
CREATE TABLE class_reports (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    settings TEXT NOT NULL,
    hand_mark INTEGER NOT NULL
);
CREATE VIEW gradebook AS
    SELECT handins.name, handins.student, handins.student_id, handins.email, handins.lms_id, handins.path, marks.state, marks.score, marks.max_score, marks.points,
        marks.factor, marks.minutes_late, marks.submitted, marks.due, marks.reason, marks.made, runs.who,
        runs.version, runs.rubric_sha256, verdicts.sha256, marks.id AS mark
    FROM handins
    JOIN marks ON marks.id = (SELECT max(id) FROM marks WHERE marks.handin = handins.id)
    JOIN runs ON runs.id = marks.run
    LEFT JOIN verdicts ON verdicts.id = marks.verdict;
