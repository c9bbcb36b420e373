package import ContractKit
internal import LedgerCrypto
package import Primitives
package import Storage
internal import Synchronization

/// The whole state as of a height, frozen: for questions, while blocks go on being executed.
///
/// It reads the newest rows through a snapshot and puts the rows of each later block back to what they were.
package final class StateView: Sendable {
    package let height: Height
    /// The block's time, which questions see as theirs.
    package let time: UInt64
    private let chain: Digest
    private let database: Database
    private let snapshot: Snapshot
    /// What blocks above the height undid, the lowest first: the first that knows a key knows it best.
    private let undone: [UndoRecord]
    private let failure = Mutex<StorageError?>(nil)
    private let leaves = Mutex<[StateKey]>([])
    private static let greatestLeafCount = 256

    init(
        height: Height,
        time: UInt64,
        chain: Digest,
        database: Database,
        snapshot: Snapshot,
        undone: [UndoRecord]
    ) {
        self.height = height
        self.time = time
        self.chain = chain
        self.database = database
        self.snapshot = snapshot
        self.undone = undone
    }

    package func read(_ key: StateKey) throws(StorageError) -> [UInt8]? {
        for record in undone {
            if let before = record.before(key) { return before }
        }
        return try database.get(.state, key, in: snapshot)
    }

    /// Rows with from ≤ key < to in order, at most as many as the limit.
    package func scan(from: StateKey, to: StateKey, limit: Int) throws(StorageError) -> [StateEntry] {
        guard limit > 0, from.lexicographicallyPrecedes(to) else { return [] }
        let changed = undoneKeys(from: from, to: to)
        var rows: [StateEntry] = []
        var position = 0
        var cursor = database.cursor(.state, from: from, to: to, in: snapshot)
        while rows.count < limit {
            let key = cursor.isValid ? cursor.key : nil
            let next = position < changed.count ? changed[position] : nil
            guard key != nil || next != nil else { break }
            if let key, next.map({ key.lexicographicallyPrecedes($0) }) ?? true {
                rows.append(StateEntry(key: key, value: cursor.value))
                cursor.next()
            } else if let next {
                if let value = try read(next) { rows.append(StateEntry(key: next, value: value)) }
                if key == next { cursor.next() }
                position += 1
            }
        }
        try cursor.check()
        return rows
    }

    /// Keys in the range that later blocks changed, in order, each once.
    private func undoneKeys(from: StateKey, to: StateKey) -> [StateKey] {
        var keys: [StateKey] = []
        for record in undone {
            keys += record.keys[record.firstPosition(from: from)..<record.firstPosition(from: to)]
        }
        keys.sort { $0.lexicographicallyPrecedes($1) }
        return keys.reduce(into: []) { unique, key in
            if unique.last != key { unique.append(key) }
        }
    }
}

// MARK: Questions

extension StateView {
    /// Runs a body in a context of the chain itself at this height. What the body writes is dropped.
    ///
    /// - Throws: a `LedgerFault` if the disk failed meanwhile, whatever the body made of it.
    package func ask<Answer>(
        _ body: (inout ContractContext) throws(ContractError) -> Answer
    ) throws(LedgerFault) -> Result<Answer, ContractError> {
        var context = ContractContext(
            host: host,
            chain: chain,
            height: height,
            time: time,
            transaction: .zero,
            caller: .chain
        )
        let result: Result<Answer, ContractError>
        do throws(ContractError) { result = .success(try body(&context)) } catch { result = .failure(error) }
        if let failure = failure.withLock({ $0 }) { throw .storage(failure) }
        return result
    }

    private var host: HostFunctions {
        HostFunctions(
            read: { key in
                self.record(key)
                return self.answering(nil) { () throws(StorageError) in try self.read(key) }
            },
            scan: { from, to, limit in
                self.answering([]) { () throws(StorageError) in try self.scan(from: from, to: to, limit: limit) }
            },
            sha256: { SHA256Function.digest(of: $0) },
            verify: { key, signature, digest in
                VerificationKey(key)?.verify(signature, over: digest) ?? false
            }
        )
    }

    /// The leaves of the state tree that questions have read by their key, in order, each once: what can be proven of
    /// their answers. The first few, should there be very many.
    package var leavesRead: [StateKey] { leaves.withLock { $0 } }

    private func record(_ key: StateKey) {
        guard StateLayout.isLeaf(key) else { return }
        leaves.withLock { leaves in
            if leaves.count < StateView.greatestLeafCount, !leaves.contains(key) { leaves.append(key) }
        }
    }

    private func answering<Answer>(_ fallback: Answer, _ body: () throws(StorageError) -> Answer) -> Answer {
        do throws(StorageError) {
            return try body()
        } catch {
            failure.withLock { $0 = error }
            return fallback
        }
    }
}
