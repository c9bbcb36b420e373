internal import ContractKit
package import Primitives
package import Storage

/// What stood under a key, and for how long.
package struct StateVersion: Hashable, Sendable {
    /// The block that set the value, which may lie below what is kept; or the lowest height at which nothing was found. Where
    /// the database began with a snapshot, what is older than that stands as of its height.
    package let from: Height
    /// The last height at which it stood so, as far as was asked.
    package let through: Height
    /// Nil: nothing.
    package let value: [UInt8]?

    package init(from: Height, through: Height, value: [UInt8]?) {
        self.from = from
        self.through = through
        self.value = value
    }
}

/// Versions of one key, the newest first, without a gap.
package struct StateVersions: Hashable, Sendable {
    package var versions: [StateVersion] = []
    /// The height at which the next page begins; nil where everything that is kept has been told. A time without a value
    /// may go on there.
    package var next: Height?

    package init() {}
}

/// How much one page may take.
package struct StateHistoryLimits: Sendable {
    package var versionCount = 100
    package var byteCount = 1 << 20
    /// Ways through the tree. One finds a version; while there is no value, more may be needed, because only the changes of
    /// that part of the tree are known, not which of them were of the key.
    package var walkCount = 1000

    package init() {}
}

extension StateTree {
    /// The versions of a key from a height downwards, by the tree alone: each leaf says which block set it, and the block
    /// before that has the version before. An index of versions would cost every changed key a put for good.
    ///
    /// - Parameter lowest: the lowest height that is kept, now: asked after each look at the tree.
    package static func versions(
        of key: [UInt8],
        in database: Database,
        through height: Height,
        lowest: () -> Height,
        limits: StateHistoryLimits = StateHistoryLimits()
    ) throws(StorageError) -> StateVersions {
        let nodes = TreeReader(database: database, snapshot: nil)
        let position = StateHash.position(of: key)
        var pages = StateVersions()
        var byteCount = 0
        var height: Height? = height
        for _ in 0..<limits.walkCount {
            guard let through = height else { break }
            let standing: Standing?
            do throws(StorageError) {
                standing = try nodes.standing(of: position, at: through)
            } catch {
                guard through < lowest() else { throw error }
                standing = nil
            }
            guard let standing, through >= lowest() else {
                // It was pruned meanwhile: what came before is all.
                pages.next = nil
                break
            }
            pages.add(standing, through: through, lowest: lowest())
            byteCount += standing.value?.count ?? 0
            height = standing.since > lowest() ? standing.since.reduced(by: 1) : nil
            pages.next = height
            if pages.versions.count >= limits.versionCount || byteCount >= limits.byteCount { break }
        }
        return pages
    }

    /// What is found under a key, and since when that part of the tree is as it is.
    fileprivate struct Standing {
        let since: Height
        let value: [UInt8]?
    }
}

extension StateVersions {
    fileprivate mutating func add(_ standing: StateTree.Standing, through: Height, lowest: Height) {
        guard standing.value == nil else {
            versions.append(StateVersion(from: standing.since, through: through, value: standing.value))
            return
        }
        let from = max(standing.since, lowest)
        guard let last = versions.last, last.value == nil else {
            versions.append(StateVersion(from: from, through: through, value: nil))
            return
        }
        versions[versions.count - 1] = StateVersion(from: from, through: last.through, value: nil)
    }
}

extension TreeReader {
    /// Where there is no such leaf, nothing changed below the node at which the way to it ends since that was written.
    fileprivate func standing(
        of position: Digest,
        at height: Height
    ) throws(StorageError) -> StateTree.Standing {
        var (version, child) = try top(at: height)
        var path = TreePath.root
        while true {
            switch child.kind {
            case .none:
                return StateTree.Standing(since: Height(version), value: nil)
            case .leaf:
                let leaf = try leaf(at: path, version: child.version)
                guard leaf.position == position else {
                    return StateTree.Standing(since: Height(child.version), value: nil)
                }
                return StateTree.Standing(since: Height(leaf.version), value: leaf.value)
            case .inner:
                version = child.version
                let node = try inner(at: path, version: version)
                let nibble = position.nibble(path.depth)
                child = node[nibble]
                path = TreePath(position: position, depth: path.depth + 1)
            }
        }
    }
}

extension ChainStore {
    /// The versions of a row from a height downwards, as far as states are kept.
    package func versions(
        of key: [UInt8],
        through height: Height,
        limits: StateHistoryLimits = StateHistoryLimits()
    ) throws(LedgerFault) -> StateVersions {
        try onTree(at: height) { () throws(StorageError) in
            try StateTree.versions(of: key, in: database, through: height, lowest: { stateFloor }, limits: limits)
        }
    }
}
