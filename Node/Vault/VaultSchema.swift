internal import Foundation
internal import GRDB

/// The vault's tables. Nothing in them is plain text about a person.
///
/// | table | key | what stands in it |
/// | --- | --- | --- |
/// | `vault` | one row | schema version, check value of the operator's key |
/// | `subject` | random id | state, subject's key wrapped under the operator's (null once erased) |
/// | `record` | random reference | commitment, record key wrapped under the subject's, ciphertext (null once erased) |
/// | `pseudonym` | pseudonym | subject, sealed context (deleted at erasure) |
/// | `consent` | subject, purpose | from, until, withdrawn |
/// | `access` | number | every read that was asked for, chained by HMAC |
/// | `accessHead` | one row | number and code of the newest entry, authenticated |
enum VaultSchema {
    static let version = 2

    static let statements = [
        """
        CREATE TABLE vault (
            one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, keyCheck BLOB NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE subject (
            id BLOB PRIMARY KEY, state TEXT NOT NULL, wrappedKey BLOB, created INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE record (
            reference BLOB PRIMARY KEY, subject BLOB NOT NULL REFERENCES subject (id), commitment BLOB NOT NULL,
            wrappedKey BLOB, ciphertext BLOB, created INTEGER NOT NULL
        ) STRICT
        """,
        "CREATE INDEX recordBySubject ON record (subject, reference)",
        """
        CREATE TABLE pseudonym (
            pseudonym BLOB PRIMARY KEY, subject BLOB NOT NULL REFERENCES subject (id), context BLOB NOT NULL
        ) STRICT
        """,
        "CREATE INDEX pseudonymBySubject ON pseudonym (subject, pseudonym)",
        """
        CREATE TABLE consent (
            subject BLOB NOT NULL REFERENCES subject (id), purpose TEXT NOT NULL, granted INTEGER NOT NULL,
            until INTEGER NOT NULL, withdrawn INTEGER, PRIMARY KEY (subject, purpose)
        ) STRICT
        """,
        """
        CREATE TABLE access (
            number INTEGER PRIMARY KEY, entry BLOB NOT NULL, code BLOB NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE accessHead (
            one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL, last BLOB NOT NULL, code BLOB NOT NULL
        ) STRICT
        """,
    ]

    static func create(in database: Database, under key: OperatorKey) throws {
        for statement in statements { try database.execute(sql: statement) }
        try database.execute(
            sql: "INSERT INTO vault (one, version, keyCheck) VALUES (1, ?, ?)",
            arguments: [version, key.check.blob]
        )
        try AccessLog.begin(under: key, in: database)
    }

    /// How long a command waits for another that writes. Each holds the file for some milliseconds, so many may queue.
    private static let busySeconds: TimeInterval = 30

    /// Deleted bytes are overwritten, and no temporary file holds what was overwritten.
    static var configuration: Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(busySeconds)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA secure_delete = ON")
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        return configuration
    }
}
