package import Primitives
internal import Storage

/// What belongs to the snapshot at a height, beside the state itself.
package struct SnapshotScope: Hashable, Sendable {
    /// How far down blocks and headers are to be there, beyond what a snapshot needs.
    package struct Reach: Hashable, Sendable {
        let firstBlock: Height
        let firstHeader: Height

        /// As far down as a database has them.
        package init(of store: ChainStore) {
            firstBlock = max(Height(1), store.lowest)
            firstHeader = store.headerFloor
        }
    }

    package let height: Height
    /// From here on blocks are there whole: their ids must not replay (protocol, rule 29).
    package let firstBlock: Height
    /// From here on headers are there: a replica that starts looks back so far for its active set (rules 5 and 10).
    package let firstHeader: Height

    package init(height: Height, _ parameters: Parameters, reach: Reach? = nil) {
        let first = Height(1)
        let needed = max(first, height.advanced(by: 1).reduced(by: parameters.validity))
        let behind = max(first, height.reduced(by: parameters.headersBehind))
        self.height = height
        firstBlock = min(needed, reach?.firstBlock ?? needed)
        firstHeader = min(firstBlock, behind, reach?.firstHeader ?? behind)
    }
}

// Blocks are asked for in stretches, so that several peers can be at it at once.
extension SnapshotScope {
    private static let stretch: UInt64 = 64

    var blockTasks: [SnapshotTask] {
        func tasks(_ first: Height, _ end: UInt64, isWhole: Bool) -> [SnapshotTask] {
            stride(from: first.number, to: end, by: Int(SnapshotScope.stretch)).map {
                .blocks(from: Height($0), isWhole: isWhole)
            }
        }
        return tasks(firstHeader, firstBlock.number, isWhole: false)
            + tasks(firstBlock, height.number + 1, isWhole: true)
    }

    /// The last height of the stretch in which another one lies.
    func end(ofBlocksFrom from: Height, isWhole: Bool) -> Height {
        let (first, last) =
            isWhole
            ? (firstBlock.number, height.number) : (firstHeader.number, firstBlock.reduced(by: 1).number)
        let start = first + (max(from.number, first) - first) / SnapshotScope.stretch * SnapshotScope.stretch
        return Height(min(last, start + SnapshotScope.stretch - 1))
    }
}

extension Parameters {
    /// How many headers below a certificate a replica looks at when it starts.
    package var headersBehind: UInt64 { 2 * window + 2 * exclusion + 2 }

    /// How many of the newest multiples of S are offered.
    package static var offeredSnapshots: UInt64 { 2 }
}

/// A height whose state can be taken, and what proves it.
package struct SnapshotOffer: Hashable, Sendable {
    package let header: Header
    package let certificate: Certificate

    package init(header: Header, certificate: Certificate) {
        self.header = header
        self.certificate = certificate
    }
}

extension ChainStore {
    /// The lowest height whose state is kept: everything below was pruned, or never here.
    package var stateFloor: Height { max(lowest, joined) }

    func checkStateKept(_ height: Height) throws(LedgerFault) {
        let floor = stateFloor
        guard height >= floor else { throw .pruned(height, lowest: floor) }
    }

    /// The multiples of S whose whole snapshot is kept and certified here, the newest first.
    package func snapshotOffers() throws(LedgerFault) -> [SnapshotOffer] {
        let parameters = chain.genesis.parameters
        let interval = parameters.snapshotInterval
        var height = min(lastCertified, lastExecuted).number / interval * interval
        let (floor, lowest) = (stateFloor, lowest)
        var offers: [SnapshotOffer] = []
        for _ in 0..<Parameters.offeredSnapshots where height > 0 && Height(height) >= floor {
            let scope = SnapshotScope(height: Height(height), parameters)
            if scope.firstBlock >= lowest, try header(at: scope.firstHeader) != nil,
                let header = try header(at: scope.height), let certificate = try certificate(at: scope.height)
            {
                offers.append(SnapshotOffer(header: header, certificate: certificate))
            }
            height -= interval
        }
        return offers
    }
}
