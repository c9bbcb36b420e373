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

    /// All of admission: form, window, account, schema, signature. One answer for each, in order.
    func admit(
        _ transactions: [[UInt8]],
        highS: SignedTransaction.HighS,
        at height: Height
    ) async -> [Result<SignedTransaction, Refusal>] {
        let jobs = stride(from: 0, to: transactions.count, by: Self.jobSize).map { start in
            Array(transactions[start..<min(start + Self.jobSize, transactions.count)])
        }
        return await withTaskGroup(of: (Int, [Result<SignedTransaction, Refusal>]).self) { group in
            for (index, job) in jobs.enumerated() {
                group.addTask {
                    let answers = try? await self.threads.runIfActive {
                        job.map { bytes in self.examine(bytes, highS: highS, at: height) }
                    }
                    let stopping = Refusal(.busy, "the node is stopping")
                    return (index, answers ?? job.map { _ in .failure(stopping) })
                }
            }
            var answers = [[Result<SignedTransaction, Refusal>]](repeating: [], count: jobs.count)
            for await (index, part) in group { answers[index] = part }
            return answers.flatMap { $0 }
        }
    }

    /// The same for gossip, with the good ones handed to `done` on one of the threads.
    func admit(
        _ transactions: [[UInt8]],
        at height: Height,
        then done: @escaping @Sendable ([SignedTransaction]) -> Void
    ) {
        threads.submit { [self] state in
            guard case .active = state else { return }
            done(transactions.compactMap { try? examine($0, highS: .refused, at: height).get() })
        }
    }

    private func examine(
        _ bytes: [UInt8],
        highS: SignedTransaction.HighS,
        at height: Height
    ) -> Result<SignedTransaction, Refusal> {
        do throws(Refusal) {
            let (transaction, check) = try admission.examine(
                bytes,
                highS: highS,
                at: height,
                standing: { accounts.standing(of: $0) },
                checkCall: Self.checkCall
            )
            count.add(1, ordering: .relaxed)
            guard check.passes else { throw Ledger.SignatureCheck.refusal }
            return .success(transaction)
        } catch { return .failure(error) }
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
