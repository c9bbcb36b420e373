import AkashiClient
import Foundation
import Ledger
import LedgerCrypto
import Primitives
import Synchronization

/// Clients that submit transactions without end and remember every one that was answered `final`.
final class TestLoad: Sendable {
    private struct State {
        var acknowledged: [Digest: UInt64] = [:]
        var isStopping = false
    }

    private let network: TestNetwork
    private let state = Mutex(State())

    init(_ network: TestNetwork) { self.network = network }

    /// Id and height of every transaction that a validator said is final.
    var acknowledged: [Digest: UInt64] { state.withLock { $0.acknowledged } }

    /// Runs clients beside the body and stops them after it.
    static func during(
        _ network: TestNetwork,
        clients: Int = 6,
        _ body: (TestLoad) async throws -> Void
    ) async throws -> TestLoad {
        let load = TestLoad(network)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<clients {
                group.addTask { await load.submitRepeatedly(to: client % network.validators.count) }
            }
            do { try await body(load) } catch {
                load.state.withLock { $0.isStopping = true }
                throw error
            }
            load.state.withLock { $0.isStopping = true }
            try await group.waitForAll()
        }
        return load
    }

    /// One client: to the validator of its own while it answers, else to the next one, as a user's client would.
    private func submitRepeatedly(to first: Int) async {
        var target = first
        while !state.withLock({ $0.isStopping }) {
            let batch = (0..<5).map { _ in TestTransactions.commit(on: network) }
            do {
                let answers = try await network.validators[target].client.submit(
                    many: batch.map(\.bytes),
                    waitSeconds: 5
                )
                let final = zip(batch, answers).filter { $1.tookEffect }
                state.withLock { state in
                    for (transaction, answer) in final { state.acknowledged[transaction.id] = answer.height ?? 0 }
                }
                if final.isEmpty { target = (target + 1) % network.validators.count }
            } catch {
                target = (target + 1) % network.validators.count
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}

/// Transactions for tests: each commits to a new record, so that each changes the state.
enum TestTransactions {
    static func commit(
        on network: TestNetwork,
        validUntil: Height = Height(4000),
        key: ClientKey? = nil,
        arguments: ((inout CBOREncoder) -> Void)? = nil,
        adjust: (inout TransactionDraft) -> Void = { _ in }
    ) -> (id: Digest, bytes: [UInt8]) {
        let key = key ?? network.custodian
        var encoder = CBOREncoder()
        if let arguments {
            arguments(&encoder)
        } else {
            encoder.map(4)
            encoder.unsigned(1)
            encoder.byteString(random(32))
            encoder.unsigned(2)
            encoder.byteString(network.custodian.account.digest)
            encoder.unsigned(3)
            encoder.unsigned(1)
            encoder.unsigned(4)
            encoder.byteString(random(32))
        }
        var draft = TransactionDraft(
            account: key.account,
            chain: network.chain.id,
            nonce: random(16),
            validUntil: validUntil,
            calls: [call("consent", "commit-record", encoder.bytes)]
        )
        adjust(&draft)
        return (draft.id, draft.signed(with: key.signing))
    }

    static func call(_ contract: String, _ method: String, _ arguments: [UInt8]) -> Call {
        guard let contract = Identifier(contract), let method = Identifier(method) else {
            preconditionFailure("not an identifier")
        }
        return Call(contract: contract, method: method, arguments: arguments)
    }

    static func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in .random(in: 0...255) } }
}
