internal import Foundation
internal import GRDB
internal import Glibc

extension ProfileVault {
    /// Makes an empty vault, and the operator's key where there is none. What is refused leaves neither behind.
    package static func establish(at directory: String, operatorKeyPath: String) throws(VaultError) -> ProfileVault {
        try requirePlace(ofKey: operatorKeyPath, outside: directory)
        try requireNone(at: path(in: directory))
        let isNew = !OperatorKey.exists(at: operatorKeyPath)
        if isNew { try OperatorKey.create(at: operatorKeyPath) }
        do {
            return try create(at: directory, operatorKeyPath: operatorKeyPath)
        } catch {
            // Nothing is encrypted under it yet.
            if isNew { try? FileManager.default.removeItem(atPath: operatorKeyPath) }
            throw error
        }
    }

    /// Makes an empty vault in a directory, readable to its owner only.
    package static func create(at directory: String, operatorKeyPath: String) throws(VaultError) -> ProfileVault {
        let key = try loadKey(operatorKeyPath, outside: directory)
        let path = path(in: directory)
        try requireNone(at: path)
        return try storing {
            let manager = FileManager.default
            try manager.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            try createFile(at: path)
            do {
                let database = try DatabaseQueue(path: path, configuration: VaultSchema.configuration)
                try database.write { try VaultSchema.create(in: $0, under: key) }
                return ProfileVault(database: database, key: key)
            } catch {
                try? manager.removeItem(atPath: path)
                throw error
            }
        }
    }

    /// SQLite would make the file readable to others. Nothing that is there meanwhile is replaced.
    private static func createFile(at path: String) throws(VaultError) {
        let descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw errno == EEXIST ? .alreadyExists(path: path) : .storage("\(path) cannot be written")
        }
        close(descriptor)
    }

    /// Opens a vault; refuses a key file that others may read, the wrong key, and another schema.
    package static func open(_ directory: String, operatorKeyPath: String) throws(VaultError) -> ProfileVault {
        let key = try loadKey(operatorKeyPath, outside: directory)
        let vault = ProfileVault(database: try openDatabase(in: directory), key: key)
        try vault.reading { _ in }
        return vault
    }

    /// The database, before it is known whose key opens it.
    static func openDatabase(in directory: String) throws(VaultError) -> DatabaseQueue {
        let path = path(in: directory)
        guard FileManager.default.fileExists(atPath: path) else { throw .notFound(path: path) }
        return try storing {
            let database = try DatabaseQueue(path: path, configuration: VaultSchema.configuration)
            let version = try database.read { try Int.fetchOne($0, sql: "SELECT version FROM vault") }
            guard let version else { throw VaultError.notFound(path: path) }
            guard version <= VaultSchema.version else { throw VaultError.newerSchema(version) }
            guard version == VaultSchema.version else { throw VaultError.olderSchema(version) }
            return database
        }
    }

    static func loadKey(_ path: String, outside directory: String) throws(VaultError) -> OperatorKey {
        try requirePlace(ofKey: path, outside: directory)
        return try OperatorKey.load(path)
    }

    static func requirePlace(ofKey path: String, outside directory: String) throws(VaultError) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().resolvingSymlinksInPath().path
        let own = URL(fileURLWithPath: directory).resolvingSymlinksInPath().path
        guard folder != own, !folder.hasPrefix(own + "/") else { throw .keyBesideData(path: path) }
    }

    private static func requireNone(at path: String) throws(VaultError) {
        guard !FileManager.default.fileExists(atPath: path) else { throw .alreadyExists(path: path) }
    }

    private static func path(in directory: String) -> String { "\(directory)/\(fileName)" }
}
