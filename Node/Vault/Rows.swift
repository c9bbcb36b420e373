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
