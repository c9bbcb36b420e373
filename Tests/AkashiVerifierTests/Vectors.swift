import AkashiVerifier
import Foundation

/// A genesis and proof files of its chain, in its fourth epoch. FormatTests can write them anew; this target
/// knows nothing but the verifier.
enum Vectors {
    static let names = ["transaction", "receipt", "event", "value", "absence", "rows", "descendant"]

    static func bytes(_ name: String) throws -> [UInt8] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors")
        return Array(try Data(contentsOf: folder.appending(path: name)))
    }

    static func verifier() throws -> Verifier { try Verifier(genesis: bytes("genesis")) }
}
