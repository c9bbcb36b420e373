package import Primitives
package import Storage

/// Why the ledger cannot go on. Unlike a refusal, none of these is a transaction's or a client's doing.
package enum LedgerFault: Error, Equatable, Sendable {
    case storage(StorageError)
    /// The genesis file names something that the contracts do not know.
    case genesis(String)
    /// Blocks are executed one after the other.
    case outOfOrder(expected: Height, found: Height)
    /// The block came out with another header than the one that is certified. Nothing was written.
    case divergent(own: BlockChanges, expected: Digest)
    /// The height is above the last executed block, or has been pruned.
    case noSuchHeight(Height)
}

extension LedgerFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .storage(let error): "\(error)"
        case .genesis(let text): "the genesis cannot be applied: \(text)"
        case .outOfOrder(let expected, let found):
            "block \(found.number) cannot be executed: the next one is \(expected.number)"
        case .divergent(let own, let expected):
            "block \(own.header.height.number) came out as \(own.header.digest.hex), and \(expected.hex) is certified"
        case .noSuchHeight(let height): "height \(height.number) is not there, or no longer"
        }
    }
}

/// Runs storage calls where ledger faults are thrown.
func onStorage<Result>(_ body: () throws(StorageError) -> Result) throws(LedgerFault) -> Result {
    do throws(StorageError) { return try body() } catch { throw .storage(error) }
}
