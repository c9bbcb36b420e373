package import Consensus
package import Primitives

/// The journal shim: one log for records, bodies, blocks and certificates. A crash keeps a prefix of it that contains
/// at least everything up to the last completed sync.
package struct Store {
    package enum Entry {
        case record(JournalRecord)
        case body(Digest)
        case block(Block)
        case certificate(Certificate)
        /// The key that was found out (rule 20).
        case disowned(ReplicaID)
    }

    /// What is durable, folded.
    private(set) var chain: Chain
    /// The highest.
    private(set) var certificate: Certificate?
    private(set) var certificates: [Height: Certificate] = [:]
    private(set) var bodies: Set<Digest> = []
    private(set) var disowned: ReplicaID?
    private var records: [[UInt8]: JournalRecord] = [:]

    private var tail: [Entry] = []
    /// Entries ever written, and how many of them are durable.
    private(set) var written = 0
    private(set) var durable = 0

    init(_ charter: Charter) { chain = Chain(charter) }

    mutating func append(_ entry: Entry) {
        tail.append(entry)
        written += 1
    }

    /// A sync completed that was begun when this many entries had been written.
    mutating func sync(upTo position: Int) {
        guard position > durable else { return }
        let count = min(position - durable, tail.count)
        for entry in tail.prefix(count) { fold(entry) }
        tail.removeFirst(count)
        durable += count
    }

    /// Loses everything that is not durable.
    mutating func loseTail() {
        tail.removeAll()
        written = durable
    }

    /// Loses the end of the log, from a random point above the last sync.
    mutating func crash(losing: Bool, mutations: HostMutations, random: inout Random) {
        var keep = losing ? random.below(tail.count + 1) : tail.count
        if losing, random.percent(50) { keep = 0 }
        for entry in tail.prefix(keep) { fold(entry) }
        tail.removeAll()
        if losing, mutations.contains(.separateLogs) { loseBlocks(random.below(6)) }
        written = durable
    }

    /// What another, never synced, store would lose although the journal's is durable.
    private mutating func loseBlocks(_ count: Int) {
        var kept = Chain(chain.charter)
        for block in chain.blocks.dropLast(count) { kept.append(block) }
        chain = kept
        certificates = certificates.filter { $0.key <= kept.height }
        certificate = certificates.values.max { $0.height < $1.height }
    }

    private mutating func fold(_ entry: Entry) {
        switch entry {
        case .record(let record): records[record.key] = record
        case .body(let reference): bodies.insert(reference)
        case .block(let block): chain.append(block)
        case .disowned(let key): disowned = key
        case .certificate(let certificate):
            self.certificate = certificate
            certificates[certificate.height] = certificate
            let bound = JournalRecord.keyBound(above: certificate.height)
            for key in records.keys.filter({ $0.lexicographicallyPrecedes(bound) }) { records[key] = nil }
        }
    }

    /// The journal, by its keys.
    package var journal: [JournalRecord] {
        let keys = records.keys.sorted { $0.lexicographicallyPrecedes($1) }
        return keys.compactMap { records[$0] }
    }
}
