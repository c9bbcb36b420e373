internal import GRDB

// Every transaction begins with the question whose key the vault is under: another process may have replaced it since
// this one opened the vault, and what is wrapped under the old key would be lost.
extension ProfileVault {
    func writing<Value>(_ work: (Database) throws -> Value) throws(VaultError) -> Value {
        try storing {
            try database.write { database in
                try requireCurrentKey(in: database)
                return try work(database)
            }
        }
    }

    func reading<Value>(_ work: (Database) throws -> Value) throws(VaultError) -> Value {
        try storing {
            try database.read { database in
                try requireCurrentKey(in: database)
                return try work(database)
            }
        }
    }

    /// Whether the vault is under this key.
    func isCurrent() throws(VaultError) -> Bool {
        try storing { try database.read { try isCurrentKey(in: $0) } }
    }

    private func requireCurrentKey(in database: Database) throws {
        guard try isCurrentKey(in: database) else { throw VaultError.wrongOperatorKey }
        // The vault has none of its own: one would be somebody's means to swallow entries of the log.
        let strangers = "SELECT count(*) FROM sqlite_master WHERE type IN ('trigger', 'view')"
        guard try Int.fetchOne(database, sql: strangers) == 0 else { throw VaultError.tampered }
    }

    private func isCurrentKey(in database: Database) throws -> Bool {
        try Row.fetchOne(database, sql: "SELECT keyCheck FROM vault")?.bytes("keyCheck") == key.check
    }
}

/// Runs a database transaction and lets only `VaultError` out. GRDB rolls back whatever throws.
func storing<Value>(_ work: () throws -> Value) throws(VaultError) -> Value {
    do {
        return try work()
    } catch let error as VaultError {
        throw error
    } catch let error as DatabaseError {
        // The message of an error is SQLite's own; the statement's arguments are left out of it.
        throw .storage(error.message ?? "SQLite error \(error.resultCode.rawValue)")
    } catch {
        throw .storage("input or output failed")
    }
}
