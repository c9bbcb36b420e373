package import Primitives

/// An event with what its readers filter by.
package struct BlockEvent: Hashable, Sendable {
    package let event: Event
    /// Who signed the transaction; the zero account for what a deadline did.
    package let account: AccountID
    /// The transaction's id; zero for what a deadline did.
    package let transaction: Digest

    package init(event: Event, account: AccountID, transaction: Digest) {
        self.event = event
        self.account = account
        self.transaction = transaction
    }
}

/// All events of a block as one value: `events`. They stand in the receipts too, which prove them; here they can be
/// followed, kept and pruned without receipts and bodies.
enum EventList {
    static func encode(_ events: [BlockEvent]) -> [UInt8] {
        var encoder = CBOREncoder(capacity: events.count * 160 + 16)
        encoder.array(events.count)
        for event in events {
            encoder.array(3)
            event.event.encode(into: &encoder)
            encoder.byteString(event.account.digest)
            encoder.byteString(event.transaction)
        }
        return encoder.bytes
    }

    static func decode(_ bytes: [UInt8]) throws(CBORError) -> [BlockEvent] {
        var decoder = CBORDecoder(bytes)
        var events: [BlockEvent] = []
        for _ in 0..<(try decoder.array(atMost: .max)) {
            try decoder.array(exactly: 3)
            let event = try Event(from: &decoder)
            let account = AccountID(try decoder.digest())
            events.append(BlockEvent(event: event, account: account, transaction: try decoder.digest()))
        }
        try decoder.finish()
        return events
    }
}
