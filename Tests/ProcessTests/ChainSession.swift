import AkashiClient
import Foundation
import Histories
import Ledger
import Primitives
import Synchronization

/// How a client of a history works with validators that fail: it sends the same bytes again elsewhere, or gives up and does
/// not know; and its reads are as fresh as everything that had been answered to anybody when they began.
final class ChainSession: Sendable {
    /// What became of a transaction.
    enum Outcome: Sendable {
        case final(code: String, height: UInt64)
        /// It may be final, become so, or never.
        case unknown
        /// No validator can have taken it.
        case notTaken
    }

    let network: TestNetwork
    /// The highest height that any answer named.
    private let highest = Mutex<UInt64>(1)

    init(_ network: TestNetwork) { self.network = network }

    var lastHeight: UInt64 { highest.withLock { $0 } }

    func saw(_ height: UInt64) { highest.withLock { $0 = max($0, height) } }

    // MARK: Writing

    func sign(_ call: Call, _ key: ClientKey) -> (id: Digest, bytes: [UInt8]) {
        TransactionSender(client: network.validators[0].client, chain: network.chain)
            .sign([call], as: key, height: lastHeight)
    }

    /// Sends, to one validator after the other while there is no answer; after `attempts` it gives up.
    func submit(_ bytes: [UInt8], startingAt first: Int, attempts: Int) async -> Outcome {
        var mayBeTaken = false
        for attempt in 0..<attempts {
            let client = network.validators[(first + attempt) % network.validators.count].client
            do {
                let answer = try await client.submit(bytes, waitSeconds: 3)
                if answer.status == "final", let code = answer.code, let height = answer.height {
                    saw(height)
                    return .final(code: code, height: height)
                }
                mayBeTaken = mayBeTaken || answer.isPending || answer.code == "REPLAY"
            } catch  where error.code == "NOT_READY" || error.message.contains("connection refused") {
                // Nothing has got there: the next one is asked as if this had not been.
                try? await Task.sleep(for: .milliseconds(50))
            } catch {
                mayBeTaken = true
                try? await Task.sleep(for: .milliseconds(50))
            }
        }
        return mayBeTaken ? .unknown : .notTaken
    }

    // MARK: Reading

    /// A height at or above that of every block that was final for anybody when this began; nil if too few answer.
    ///
    /// Who says final has a quorum's attestations, and who attests has executed. Any n − f validators have one among them
    /// that is correct and of that quorum.
    func freshHeight() async -> UInt64? {
        let count = network.validators.count
        let needed = count - (count - 1) / 3
        return await withTaskGroup(of: UInt64?.self) { group in
            for index in 0..<count { group.addTask { await self.network.status(index)?.height } }
            var heights: [UInt64] = []
            for await height in group {
                if let height { heights.append(height) }
                if heights.count == needed { break }
            }
            group.cancelAll()
            return heights.count == needed ? heights.max() : nil
        }
    }

    /// The row as it was proven to be at some height from `least` on; nil where no validator shows that in time.
    func read(_ question: ChainQuestion, least: UInt64, startingAt first: Int) async -> (row: [UInt8]?, height: UInt64)?
    {
        let deadline = ContinuousClock.now + .seconds(5)
        var target = first
        while ContinuousClock.now < deadline {
            let validator = network.validators[target % network.validators.count]
            target += 1
            guard let standing = try? await validator.client.status(), standing.certifiedHeight >= least else {
                try? await Task.sleep(for: .milliseconds(10))
                continue
            }
            do {
                let proven = try await ask(question, validator.client)
                guard proven.height >= least else { continue }
                saw(proven.height)
                return proven
            } catch let error as ClientError where error.code == "REFERENCE" {
                // That there is none is said without a height: of the last certified one, which it had reached before.
                return (nil, standing.certifiedHeight)
            } catch {
                continue
            }
        }
        return nil
    }

    private func ask(_ question: ChainQuestion, _ client: NodeClient) async throws -> (row: [UInt8]?, height: UInt64) {
        let result = try await client.query(question.contract, question.name, question.arguments, wantsProof: true)
        guard let proof = result.proof, let contract = Identifier(question.contract),
            let name = Identifier(question.name)
        else { throw TestFailure("no proof") }
        let state = try ProvenState(proof, verifier: ProofVerifier(chain: network.chain))
        guard case .success(let row)? = state.answer(contract: contract, query: name, arguments: question.arguments)
        else { throw TestFailure("the proof does not hold the answer") }
        return (row, state.header.height.number)
    }
}
