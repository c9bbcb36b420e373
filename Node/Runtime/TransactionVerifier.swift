internal import ContractKit
internal import Contracts
internal import Ledger
internal import LedgerCrypto
internal import NIOCore
internal import NIOPosix
internal import Primitives
internal import Synchronization

/// Decodes and verifies transactions in batches, on as many threads as there are cores.
final class TransactionVerifier: Sendable {
    /// A transaction whose signature is to be verified under its account's key as of a height.
    struct Examination: Sendable {
        let transaction: SignedTransaction
        let keyHeight: Height
    }

    /// Transactions that one job looks at: enough to forget the cost of a job, few enough to share among threads.
    private static let jobSize = 64

    private let threads: NIOThreadPool
    private let admission: Admission
    private let accounts: AccountDirectory
    private let count = Atomic<UInt64>(0)

    /// Signatures of transactions that were verified.
    var verifiedSignatures: UInt64 { count.load(ordering: .relaxed) }

    init(threads: NIOThreadPool, admission: Admission, accounts: AccountDirectory) {
        self.threads = threads
        self.admission = admission
        self.accounts = accounts
    }

    /// What admission says of a client's transaction: good, refused, or known already.
    enum Judgement: Sendable {
        case good(SignedTransaction)
        case refused(Refusal, SignedTransaction?)
        /// Final, or executed and not certified yet.
        case known(SignedTransaction, TransactionStatus)
    }

    /// All of admission: form, window, account, schema, signature. One judgement for each, in order.
    ///
    /// - Parameter recall: where an id stands in the store. What is executed already is answered as it stands, also where
    ///   its window has passed since: a client that sends again because it missed the answer must not take it for refused.
    func judge(
        _ transactions: [[UInt8]],
        at height: Height,
        recall: @escaping @Sendable (Digest) -> TransactionStatus?
    ) async -> [Judgement] {
        let judge = { @Sendable (job: ArraySlice<[UInt8]>) async -> [Judgement] in
            let judgements = try? await self.threads.runIfActive {
                job.map { bytes in self.judge(bytes, at: height, recall: recall) }
            }
            return judgements ?? job.map { _ in .refused(Refusal(.busy, "the node is stopping"), nil) }
        }
        guard transactions.count > Self.jobSize else { return await judge(transactions[...]) }
        let jobs = stride(from: 0, to: transactions.count, by: Self.jobSize).map { start in
            transactions[start..<min(start + Self.jobSize, transactions.count)]
        }
        return await withTaskGroup(of: (Int, [Judgement]).self) { group in
            for (index, job) in jobs.enumerated() { group.addTask { (index, await judge(job)) } }
            var judgements = [[Judgement]](repeating: [], count: jobs.count)
            for await (index, part) in group { judgements[index] = part }
            return judgements.flatMap { $0 }
        }
    }

    private func judge(
        _ bytes: [UInt8],
        at height: Height,
        recall: (Digest) -> TransactionStatus?
    ) -> Judgement {
        let transaction: SignedTransaction
        do throws(Refusal) {
            transaction = try admission.decode(bytes, highS: .normalised)
        } catch { return .refused(error, nil) }
        if let status = recall(transaction.id) { return .known(transaction, status) }
        do throws(Refusal) { try examine(transaction, at: height) } catch { return .refused(error, transaction) }
        return .good(transaction)
    }

    /// The same for gossip, with the good ones handed to `done` on one of the threads.
    func admit(
        _ transactions: [[UInt8]],
        at height: Height,
        then done: @escaping @Sendable ([SignedTransaction]) -> Void
    ) {
        threads.submit { [self] state in
            guard case .active = state else { return }
            done(transactions.compactMap { try? examine($0, at: height) })
        }
    }

    /// Form, window, account, schema and signature of what a peer told.
    private func examine(_ bytes: [UInt8], at height: Height) throws(Refusal) -> SignedTransaction {
        let transaction = try admission.decode(bytes)
        try examine(transaction, at: height)
        return transaction
    }

    private func examine(_ transaction: SignedTransaction, at height: Height) throws(Refusal) {
        let check = try admission.examine(
            transaction,
            at: height,
            standing: { accounts.standing(of: $0) },
            checkCall: Self.checkCall
        )
        count.add(1, ordering: .relaxed)
        guard check.passes else { throw Ledger.SignatureCheck.refusal }
    }

    /// Calls once the threads have come to everything that waits for them now.
    func afterWaiting(_ done: @escaping @Sendable () -> Void) {
        threads.submit { state in
            if case .active = state { done() }
        }
    }

    /// Everything that admission checks, for transactions that came with a proposal; true if all of them pass.
    func verify(_ examinations: [Examination], then done: @escaping @Sendable (Bool) -> Void) {
        threads.submit { [self] state in
            guard case .active = state else { return }
            done(examinations.allSatisfy(passes))
        }
    }

    private func passes(_ examination: Examination) -> Bool {
        let transaction = examination.transaction
        guard let key = accounts.verificationKey(of: transaction.account, asOf: examination.keyHeight) else {
            return false
        }
        guard transaction.chain == accounts.chain else { return false }
        count.add(1, ordering: .relaxed)
        guard key.verify(transaction.signature, over: transaction.signedDigest) else { return false }
        do throws(Refusal) {
            for call in transaction.calls { try Self.checkCall(call) }
            return true
        } catch { return false }
    }

    /// The closed schema and the filter of personal data.
    private static func checkCall(_ call: Call) throws(Refusal) {
        do throws(ContractError) {
            try ContractRegistry.check(contract: call.contract, method: call.method, arguments: call.arguments)
        } catch { throw Refusal(error) }
    }
}
