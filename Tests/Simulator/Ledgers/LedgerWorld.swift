import Consensus
import Foundation
import Ledger
import LedgerCrypto
import NodeRuntime
import Primitives
import Storage
import Synchronization

/// What all hosts of a run with real ledgers share: the chain, the directory that holds their databases, and what was
/// ever sent or made. None of it is a way for hosts to learn something: they look up here what they name by digest.
final class LedgerWorld {
    let chain: Ledger.Chain
    let signatures: Signatures
    /// Removed at the end.
    let folder: String
    private var template: String { folder + "/template" }
    private var seats: [PublicKey: Members.Member] = [:]
    /// By reference, in the order in which they were made.
    private(set) var transactions: [Digest: SignedTransaction] = [:]
    private(set) var references: [Digest] = []
    /// How often each account's key was replaced, by which transactions, and what became of all of them.
    var generations: [AccountID: Int] = [:]
    var rotations: [Digest: AccountID] = [:]
    var outcomes = Outcomes()
    /// The highest block that a correct host executed.
    var highest = Height.genesis
    /// Every block that any host made, by its header's digest.
    private var blocks: [Digest: Block] = [:]

    struct Outcomes {
        var done = 0
        var failed = 0
        /// Executed before, or expired.
        var dropped = 0
    }

    private static let counter = Counter()

    init(_ options: Options, time: UInt64, signatures: Signatures) throws {
        self.signatures = signatures
        chain = try LedgerGenesis.chain(
            hosts: options.replicas,
            time: time,
            parameters: LedgerWorld.parameters(options),
            key: { signatures.privateKey($0).publicKey }
        )
        // Memory, where the machine lets us: what is durable there is decided by the simulation anyway.
        let isThere = FileManager.default.fileExists(atPath: "/dev/shm")
        let root = isThere ? "/dev/shm" : FileManager.default.temporaryDirectory.path
        folder = "\(root)/akashi-simulator-\(ProcessInfo.processInfo.processIdentifier)-\(LedgerWorld.counter.next())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for host in 0..<options.replicas { seat(ReplicaID(host), key: ReplicaID(host)) }
        _ = try ChainStore(path: template, chain: chain, options: LedgerWorld.databaseOptions)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    static var databaseOptions: DatabaseOptions {
        var options = DatabaseOptions()
        options.blockCacheByteCount = 1 << 20
        options.backgroundJobCount = 1
        // RocksDB reserves a log's space when it is made, which costs time in memory; no run writes so much.
        options.logByteCount = 8 << 20
        return options
    }

    private static func parameters(_ options: Options) -> Parameters {
        var parameters = Parameters.standard
        parameters.window = UInt64(options.window)
        parameters.validity = 24
        parameters.turn = options.turn
        parameters.exclusion = options.exclusion ?? UInt64(4 * options.window)
        parameters.heartbeatMilliseconds = 40
        parameters.viewTimeoutMilliseconds = 250
        parameters.viewTimeoutCapMilliseconds = 2000
        parameters.clockDriftMilliseconds = 500
        parameters.batchCount = 8
        return parameters
    }

    /// An empty database of the chain.
    func makeDatabase(at path: String) throws {
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: template, toPath: path)
    }

    // MARK: Validators

    /// Remembers whose a consensus key is.
    func seat(_ host: ReplicaID, key: ReplicaID) {
        seats[signatures.privateKey(key).publicKey] = Members.Member(host: host, key: key)
    }

    /// The validators of a set; nil if somebody is among them whose key nobody knows.
    func members(_ validators: ValidatorSet) -> Members? {
        let list = validators.validators.compactMap { seats[$0.consensusKey] }
        return list.count == validators.count ? Members(list) : nil
    }

    // MARK: What was made

    func keep(_ transaction: SignedTransaction) {
        guard transactions.updateValue(transaction, forKey: transaction.reference) == nil else { return }
        references.append(transaction.reference)
    }

    func transactions(_ references: [Digest]) -> [SignedTransaction]? {
        let found = references.compactMap { transactions[$0] }
        return found.count == references.count ? found : nil
    }

    func keep(_ block: Block) { blocks[block.summary.header] = block }

    func block(_ header: Digest) -> Block? { blocks[header] }
}

/// Numbers the worlds of a process, which may run beside each other.
private final class Counter: Sendable {
    private let value = Mutex(0)

    func next() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }
}
