internal import Foundation
internal import GRDB
internal import Primitives

extension [UInt8] {
    /// As SQLite takes bytes.
    var blob: Data { Data(self) }
}

extension Digest {
    var blob: Data { Data(bytes) }
}

extension Row {
    /// Bytes of a column; empty for NULL, which no digest, key or ciphertext is.
    func bytes(_ column: String) -> [UInt8] {
        guard let data: Data = self[column] else { return [] }
        return Array(data)
    }

    func digest(_ column: String) throws(VaultError) -> Digest {
        guard let digest = Digest(bytes(column)) else { throw .tampered }
        return digest
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
