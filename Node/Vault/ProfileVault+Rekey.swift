internal import GRDB
internal import Primitives

extension ProfileVault {
    /// Replaces the operator's key: wraps every person's key and authenticates the access log under a new one, in one
    /// transaction. The old key's file stays; what it opened until now are this vault's older copies.
    ///
    /// The new key is durable before anything is wrapped under it, so that at every moment one of the two files opens
    /// the vault. Done again after a crash, it finishes what was begun.
    package static func rekey(
        _ directory: String,
        operatorKeyPath oldPath: String,
        newKeyPath newPath: String
    ) throws(VaultError) -> ProfileVault {
        try requirePlace(ofKey: newPath, outside: directory)
        let old = ProfileVault(
            database: try openDatabase(in: directory),
            key: try loadKey(oldPath, outside: directory)
        )
        let isUnderOld = try old.isCurrent()
        if !OperatorKey.exists(at: newPath) {
            guard isUnderOld else { throw .wrongOperatorKey }
            try OperatorKey.create(at: newPath)
        }
        let new = ProfileVault(database: old.database, key: try OperatorKey.load(newPath))
        if isUnderOld {
            guard new.key.check != old.key.check else { throw .alreadyExists(path: newPath) }
            try old.writing { try old.renew(under: new.key, in: $0) }
        }
        // Refuses a third key, and serves for a crash that came before the rebuilding.
        try new.reading { _ in }
        try storing { try new.database.vacuum() }
        return new
    }

    private func renew(under new: OperatorKey, in database: Database) throws {
        try AccessLog.renew(from: key, to: new, in: database)
        let rows = try Row.fetchAll(database, sql: "SELECT id, wrappedKey FROM subject WHERE wrappedKey IS NOT NULL")
        for row in rows {
            let place = Sealing.Place.subjectKey(subject: try row.digest("id"))
            let subjectKey = try Sealing.open(row.bytes("wrappedKey"), under: key.wrapping, as: place)
            try database.execute(
                sql: "UPDATE subject SET wrappedKey = ? WHERE id = ?",
                arguments: [try Sealing.seal(subjectKey, under: new.wrapping, as: place).blob, row.bytes("id").blob]
            )
        }
        try database.execute(sql: "UPDATE vault SET keyCheck = ?", arguments: [new.check.blob])
    }
}
