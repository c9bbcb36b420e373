internal import Primitives

/// A key's way through the tree on disk: each node has sixteen children, so four bits choose one.
extension Digest {
    /// The four bits at a position from 0 to 63, the most significant first.
    @inline(__always)
    func nibble(_ position: Int) -> Int {
        let word =
            switch position >> 4 {
            case 0: words.0
            case 1: words.1
            case 2: words.2
            default: words.3
            }
        return Int(truncatingIfNeeded: word >> UInt64(60 - (position & 15) * 4) & 15)
    }

    /// The same digest with another nibble at a position.
    func replacingNibble(_ position: Int, by nibble: Int) -> Digest {
        let shift = UInt64(60 - (position & 15) * 4)
        func replaced(_ word: UInt64, _ index: Int) -> UInt64 {
            index == position >> 4 ? word & ~(15 << shift) | UInt64(nibble) << shift : word
        }
        return Digest(
            words: (replaced(words.0, 0), replaced(words.1, 1), replaced(words.2, 2), replaced(words.3, 3))
        )
    }
}
