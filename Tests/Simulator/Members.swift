package import Consensus
package import Primitives

/// The validators of one epoch by index: whose hosts they are, and under which keys they vote.
package struct Members: Hashable, Sendable {
    package struct Member: Hashable, Sendable {
        /// Its host's number, which stays the same through all epochs.
        package let host: ReplicaID
        /// Keys are numbered as hosts are: host 2 has the keys 2, 66, 130, …
        package let key: ReplicaID
    }

    package private(set) var list: [Member]

    /// The first hosts, under their first keys.
    package init(hosts: Int) { list = (0..<hosts).map { Member(host: ReplicaID($0), key: ReplicaID($0)) } }

    init(_ list: [Member]) { self.list = list }

    package var count: Int { list.count }

    package var quorum: Quorum { Quorum(replicas: list.count) }

    package func index(of host: ReplicaID) -> ReplicaID? {
        list.firstIndex { $0.host == host }.map { ReplicaID($0) }
    }

    package func member(_ index: ReplicaID) -> Member? {
        list.indices.contains(index.index) ? list[index.index] : nil
    }

    /// Nil where the change asks for nothing, or for a set without a validator.
    func applying(_ change: Change) -> Members? {
        var changed = self
        let index = list.firstIndex { $0.host == change.host }
        switch (change.kind, index) {
        case (.add, nil): changed.list.append(Member(host: change.host, key: change.key))
        case (.remove, .some(let index)) where count > 1: changed.list.remove(at: index)
        case (.rekey, .some(let index)): changed.list[index] = Member(host: change.host, key: change.key)
        default: return nil
        }
        return changed
    }
}

/// A transaction that changes the validators. Its id says what it does.
package struct Change: Hashable, Sendable {
    package enum Kind: UInt64, CaseIterable, Sendable {
        case add = 1
        case remove = 2
        case rekey = 3
    }

    package let kind: Kind
    package let host: ReplicaID
    /// No two changes have the same, nor do two keys.
    package let serial: UInt64

    package init(_ kind: Kind, _ host: ReplicaID, serial: UInt64) {
        self.kind = kind
        self.host = host
        self.serial = serial
    }

    /// Ordinary transactions have small ids.
    package init?(id: UInt64) {
        guard let kind = Kind(rawValue: id >> 40) else { return nil }
        self.init(kind, ReplicaID(Int(id & 63)), serial: id >> 6 & 0xFFFF)
    }

    package var id: UInt64 { kind.rawValue << 40 | serial << 6 | UInt64(host.index) }
    package var reference: Digest { Transactions.reference(id: id, encoding: 0) }
    package var key: ReplicaID { ReplicaID(host.index + 64 * Int(serial)) }
}

/// What a chain starts from.
package struct Charter: Sendable {
    let members: Members
    let window: UInt64
    /// Changes must not let these be more than the faults that a set tolerates: no protocol could hold then.
    let faulty: [ReplicaID]

    func isTolerable(_ members: Members) -> Bool {
        members.list.count { faulty.contains($0.host) } <= members.quorum.faults
    }
}

/// Who votes above a block, and who will after the boundary (rule 26).
package struct Succession: Hashable, Sendable {
    package private(set) var epoch = Epoch.first
    /// The last block of the epoch before.
    package private(set) var start = Height.genesis
    package private(set) var members: Members
    private var pending: Members?
    private var boundary: Height?

    init(_ charter: Charter) { members = charter.members }

    /// As a real ledger says.
    init(epoch: Epoch, start: Height, members: Members) {
        self.epoch = epoch
        self.start = start
        self.members = members
    }

    /// What a block with these changes makes of it, and what its summary says of a boundary. All changes up to the
    /// boundary block, this one included, take effect there.
    func after(_ height: Height, _ changes: [Change], _ charter: Charter) -> (Succession, boundary: Height?) {
        var next = self
        for change in changes {
            guard let changed = (next.pending ?? members).applying(change), charter.isTolerable(changed) else {
                continue
            }
            next.pending = changed
            next.boundary = next.boundary ?? height.advanced(by: charter.window)
        }
        guard let boundary = next.boundary, let pending = next.pending, height >= boundary else {
            return (next, next.boundary)
        }
        next.pending = nil
        next.boundary = nil
        guard pending != members else { return (next, nil) }
        next.members = pending
        next.start = height
        next.epoch = epoch.next ?? epoch
        return (next, height)
    }
}
