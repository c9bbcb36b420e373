import Benchmark
import Ledger
import LedgerCrypto
import LedgerTesting
import Primitives

/// From a transaction's bytes to its place in a batch.
func transactionStages() throws {
    let world = try ChainWorld()
    let transactions = try (0..<1000).map { number in
        try world.transaction(
            by: "subject \(number % ChainWorld.subjectCount)",
            nonce: UInt64(number),
            [ChainWorld.grant(world.proposalDigest(UInt64(number)), until: ChainWorld.farAhead)]
        )
    }
    let limits = TransactionLimits.greatest
    stage("decode a transaction", repetitions: 1000) {
        transactions.map(\.bytes)
    } _: { encoded, place in
        blackHole(try SignedTransaction(decoding: encoded[place], limits: limits))
    }

    let admission = Admission(chain: world.chain.id, parameters: world.chain.genesis.parameters)
    var standings: [AccountID: Standing] = [:]
    for number in 0..<ChainWorld.subjectCount {
        let name = "subject \(number)"
        guard let key = VerificationKey(ChainWorld.key(name).publicKey) else { throw Failure() }
        standings[ChainWorld.account(name)] = Standing(key: key, isActive: true)
    }
    let known = standings
    stage("admit a decoded transaction without its signature", repetitions: 1000) {
        transactions
    } _: { transactions, place in
        blackHole(try admission.examine(transactions[place], at: Height(1)) { known[$0] })
    }
    stage("verify the signature of a transaction", repetitions: 100) {
        try transactions.prefix(100).map { try admission.examine($0, at: Height(1)) { known[$0] } }
    } _: { checks, place in
        guard checks[place].passes else { throw Failure() }
    }
    stage("insert into the pool", repetitions: 1000) {
        Mempool(shares: 4)
    } _: { pool, place in
        try pool.insert(transactions[place], share: place % 4)
    }
    stage("seal a batch of 100", repetitions: 10) {
        var pool = Mempool(shares: 4)
        for (place, transaction) in transactions.enumerated() { try pool.insert(transaction, share: place % 4) }
        return pool
    } _: { pool, place in
        let batch = pool.take(Mempool.BatchLimits(count: 100, byteCount: 1 << 20), for: UInt64(place + 1))
        guard batch.count == 100 else { throw Failure() }
    }
    stage("finish a batch of 100 in the pool", repetitions: 10) {
        var pool = Mempool(shares: 4)
        for (place, transaction) in transactions.enumerated() { try pool.insert(transaction, share: place % 4) }
        return pool
    } _: { pool, place in
        blackHole(pool.finish(transactions[place * 100..<place * 100 + 100].map(\.id), at: Height(UInt64(place + 1))))
    }
}
