import Foundation
import GRDB
import Primitives
import Testing
import Vault

/// A vault in a directory of its own, with the operator's key outside it.
struct VaultFixture {
    let root: String
    let vault: ProfileVault

    var directory: String { root + "/vault" }
    var keyPath: String { root + "/operator.key" }

    static let profile = Profile(
        id: "resident-0042",
        userName: "sakura.tanaka",
        email: "sakura@example.jp",
        gender: "female",
        age: 83,
        nationality: "JP"
    )
    static let noon: UInt64 = 1_790_000_000_000

    init() throws {
        root = try TemporaryDirectory.make()
        try OperatorKey.create(at: root + "/operator.key")
        vault = try ProfileVault.create(at: root + "/vault", operatorKeyPath: root + "/operator.key")
    }

    func reopen(keyPath: String? = nil) throws -> ProfileVault {
        try ProfileVault.open(directory, operatorKeyPath: keyPath ?? self.keyPath)
    }

    /// A person with one record, and consent to care.
    func enrol() throws -> (subject: Digest, entry: ProfileVault.Entry) {
        let subject = try vault.addSubject(now: Self.noon)
        let entry = try vault.put(Self.profile, of: subject, now: Self.noon)
        try vault.grant(Self.care, of: subject, until: Self.noon + 1000, now: Self.noon)
        return (subject, entry)
    }

    static let care = identifier("care")
    static let carer = identifier("day-care-center")

    static func identifier(_ text: String) -> Identifier {
        guard let identifier = Identifier(text) else { preconditionFailure("not an identifier: \(text)") }
        return identifier
    }

    func request(
        purpose: Identifier = VaultFixture.care,
        at now: UInt64 = VaultFixture.noon
    ) -> ProfileVault.Request {
        ProfileVault.Request(reader: Self.carer, purpose: purpose, now: now)
    }

    /// The database as somebody with the file has it.
    func database() throws -> DatabaseQueue { try DatabaseQueue(path: directory + "/vault.sqlite") }

    /// Every byte of every file in the vault's directory.
    func storedBytes() throws -> Data {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        try #require(!names.isEmpty)
        var all = Data()
        for name in names {
            all.append(try #require(FileManager.default.contents(atPath: directory + "/" + name)))
        }
        return all
    }

    /// The wrapped key of a person, as it stands in the database.
    func wrappedKey(of subject: Digest) throws -> Data {
        try database().read { database in
            try #require(
                try Data.fetchOne(
                    database,
                    sql: "SELECT wrappedKey FROM subject WHERE id = ?",
                    arguments: [Data(subject.bytes)]
                )
            )
        }
    }
}

/// Directories that nothing else uses.
enum TemporaryDirectory {
    static func make() throws -> String {
        let path = NSTemporaryDirectory() + "akashi-vault-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}

extension Data {
    func contains(_ text: String) -> Bool { range(of: Data(text.utf8)) != nil }
}
