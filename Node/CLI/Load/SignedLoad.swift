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
    }

    let ids: [Digest]
    let requests: [Request]
    let byteCount: Int

    /// Signs on as many threads as the pool has.
    static func sign(
        _ count: Int,
        mix: LoadMix,
        accounts: [ClientKey],
        perRequest: Int,
        height: UInt64,
        session: Session
    ) async throws -> SignedLoad {
        progress("signing \(count) transactions…")
        let signer = TransactionSender(client: session.client, chain: session.chain)
        let time = wallClock()
        let share = 2000
        let parts = try await withThrowingTaskGroup(of: (Int, [(id: Digest, bytes: [UInt8])]).self) { group in
            for start in stride(from: 0, to: count, by: share) {
                group.addTask {
                    let signed = try (start..<min(start + share, count)).map { place in
                        // Neighbours in the list, so that no account is sender more often than another.
                        let sender = accounts[place % accounts.count]
                        let receiver = accounts[(place + 1) % accounts.count].account
                        let call = mix[place].call(from: sender, to: receiver, at: time)
                        return signer.sign(
                            [try session.call(call.contract, call.method, call.arguments)],
                            as: sender,
                            height: height
                        )
                    }
                    return (start, signed)
                }
            }
            var parts: [(Int, [(id: Digest, bytes: [UInt8])])] = []
            for try await part in group { parts.append(part) }
            return parts.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
        let requests = stride(from: 0, to: parts.count, by: perRequest).map { start in
            let places = start..<min(start + perRequest, parts.count)
            var body = ByteBuffer()
            for transaction in parts[places] { body.writeBytes(transaction.bytes) }
            return Request(body: body, places: places)
        }
        let byteCount = parts.reduce(0) { $0 + $1.bytes.count }
        return SignedLoad(ids: parts.map(\.id), requests: requests, byteCount: byteCount)
    }
}
