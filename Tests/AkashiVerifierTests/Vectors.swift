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

/// A generator whose whole sequence follows from its seed (Steele, Lea, Flood, 2014).
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
