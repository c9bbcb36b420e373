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
    /// The height is above the last executed block.
    case noSuchHeight(Height)
    /// What belongs to the height has been pruned; everything is kept from the lowest one on.
    case pruned(Height, lowest: Height)
    /// Whole states can be asked for only so many blocks back.
    case tooFarBack(Height)
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
        case .noSuchHeight(let height): "height \(height.number) is not there yet"
        case .pruned(let height, let lowest):
            "height \(height.number) is pruned here: everything is kept from height \(lowest.number) on"
        case .tooFarBack(let height):
            """
            height \(height.number) is too far back for a question to a contract, which reaches back \
            \(ChainStore.greatestLookBack) blocks; single rows can be read at every height that is kept
            """
        }
    }
}

/// Runs storage calls where ledger faults are thrown.
func onStorage<Result>(_ body: () throws(StorageError) -> Result) throws(LedgerFault) -> Result {
    do throws(StorageError) { return try body() } catch { throw .storage(error) }
}
