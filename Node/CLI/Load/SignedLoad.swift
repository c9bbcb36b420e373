internal import AkashiClient
internal import Ledger
internal import LedgerCrypto
internal import NIOCore
internal import Primitives

/// Transactions that are signed before the clock starts, cut into requests.
struct SignedLoad: Sendable {
    /// One request's transactions, as a CBOR sequence.
    struct Request: Sendable {
        let body: ByteBuffer
        /// The places of its transactions among all.
        let places: Range<Int>
        /// Requests that must have ended before this one is sent: those of the steps before.
        let after: [Int]
    }

    let ids: [Digest]
    let requests: [Request]
    let byteCount: Int
    /// The method that the transaction at each place calls, as a place in `methods`.
    let methodPlaces: [UInt8]
    let methods: [String]

    /// What is to be signed.
    struct Plan: Sendable {
        var mix: LoadMix
        var count: Int
        var perRequest: Int
        /// How many life cycles lie between two steps of one.
        var spread: Int
        /// About how many bytes a transaction with evidence has; 0 for the smallest.
        var payload: Int
        /// Where the window of validity starts.
        var height: UInt64
    }

    private struct Signed: Sendable {
        let id: Digest
        let bytes: [UInt8]
        let method: String
    }

    /// Signs on as many threads as the pool has.
    static func sign(_ plan: Plan, cast: LoadCast, session: Session) async throws -> SignedLoad {
        progress("signing \(plan.count) transactions…")
        let order = LoadOrder(plan.count, mix: plan.mix, spread: plan.spread)
        let stories = try await signStories(
            order.storyCount,
            plan,
            LoadStories(cast: cast, session: session, payload: plan.payload)
        )
        let signed = order.places.map { stories[$0.story][$0.step] }
        let requests = stride(from: 0, to: signed.count, by: plan.perRequest).enumerated().map { number, start in
            let places = start..<min(start + plan.perRequest, signed.count)
            var body = ByteBuffer()
            for transaction in signed[places] { body.writeBytes(transaction.bytes) }
            let before = Set(places.compactMap { order.predecessor(of: $0).map { $0 / plan.perRequest } })
            return Request(body: body, places: places, after: before.subtracting([number]).sorted())
        }
        let methods = Set(signed.map(\.method)).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: zip(methods, UInt8.zero...))
        return SignedLoad(
            ids: signed.map(\.id),
            requests: requests,
            byteCount: signed.reduce(0) { $0 + $1.bytes.count },
            methodPlaces: signed.map { numbers[$0.method] ?? 0 },
            methods: methods
        )
    }

    private static func signStories(_ count: Int, _ plan: Plan, _ stories: LoadStories) async throws -> [[Signed]] {
        let share = 500
        return try await withThrowingTaskGroup(of: (Int, [[Signed]]).self) { group in
            for start in stride(from: 0, to: count, by: share) {
                group.addTask {
                    let signed = try (start..<min(start + share, count)).map { number in
                        try stories.steps(of: plan.mix[number], number: number).map {
                            try sign($0, plan, stories.session)
                        }
                    }
                    return (start, signed)
                }
            }
            var parts: [(Int, [[Signed]])] = []
            for try await part in group { parts.append(part) }
            return parts.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    private static func sign(_ step: LoadStep, _ plan: Plan, _ session: Session) throws -> Signed {
        let calls = try step.calls.map { try session.call(step.contract, step.method, $0) }
        let sender = TransactionSender(client: session.client, chain: session.chain)
        let (id, bytes) = sender.sign(calls, as: step.signer, height: plan.height)
        return Signed(id: id, bytes: bytes, method: "\(step.contract) \(step.method)")
    }
}
