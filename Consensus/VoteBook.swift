import Primitives

/// The votes of one phase at one sequence. Bounded: for each replica at most the current view's vote, one for the view
/// of the own vote, and one of a view to come.
struct VoteBook: Sendable {
    struct Entry: Hashable, Sendable {
        let replica: ReplicaID
        let view: View
        let digest: Digest
        /// Nil for COMMIT.
        let signature: Signature?
    }

    enum Outcome {
        case counted
        case duplicate
        /// Older than what is kept of this replica.
        case stale
        /// The replica voted otherwise at this very position.
        case conflict(Entry)
    }

    private(set) var entries: [Entry]

    init(_ entries: [Entry] = []) { self.entries = entries }

    /// Counts a vote. Of the votes for views to come only the highest is kept: a correct replica never goes back.
    mutating func record(_ entry: Entry, current: View, own: View?) -> Outcome {
        var future: Int?
        var hasPassed = false
        for (index, other) in entries.enumerated() where other.replica == entry.replica {
            if other.view == entry.view { return other.digest == entry.digest ? .duplicate : .conflict(other) }
            if other.view > current {
                future = index
            } else if other.view < current, other.view != own {
                hasPassed = true
            }
        }
        if entry.view > current, let future {
            guard entry.view > entries[future].view else { return .stale }
            entries[future] = entry
            return .counted
        }
        guard entry.view >= current || entry.view == own else { return .stale }
        if hasPassed {
            entries.removeAll { $0.replica == entry.replica && $0.view < current && $0.view != own }
        }
        entries.append(entry)
        return .counted
    }

    func count(where matches: (Entry) -> Bool) -> Int { entries.count(where: matches) }

    func entry(of replica: ReplicaID, in view: View) -> Entry? {
        entries.first { $0.replica == replica && $0.view == view }
    }

    /// The signatures for one digest in one view, by ascending index, at most `limit`.
    func signatures(in view: View, for digest: Digest, limit: Int) -> [IndexedSignature] {
        var signatures: [IndexedSignature] = []
        for entry in entries where entry.view == view && entry.digest == digest {
            guard let signature = entry.signature else { continue }
            signatures.append(IndexedSignature(signer: entry.replica, signature: signature))
        }
        signatures.sort { $0.signer < $1.signer }
        return Array(signatures.prefix(limit))
    }

    mutating func removeAll() { entries.removeAll(keepingCapacity: true) }
}
