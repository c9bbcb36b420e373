internal import ContractKit
internal import NodeRuntime
internal import Primitives

extension APIEdge {
    /// A batch as server-sent events: the contracts' events in order, then the block's own notice if it is wanted.
    func eventText(_ batch: EventBatch, filter: EventFilter) -> [UInt8] {
        var bytes: [UInt8] = []
        for event in batch.events {
            let cursor = EventCursor(height: batch.height, index: event.index)
            var text = JSONText(capacity: 512)
            text.object { text in
                text.member("height", batch.height.number)
                text.member("index", UInt64(event.index))
                text.member("time", batch.time)
                text.member("contract", event.contract)
                text.member("event", event.name)
                text.member("account", event.account.digest)
                text.member("transaction", event.transaction)
                text.name("fields")
                let description = contract(event.contract)?.event(event.name)
                SchemaWriting.write(event.fields, as: description?.fields ?? [], into: &text)
            }
            Self.append("event", text, at: cursor, to: &bytes)
        }
        if filter.includesBlocks {
            let cursor = EventCursor(height: batch.height, index: batch.eventCount)
            Self.append("block", Self.notice(of: batch), at: cursor, to: &bytes)
        }
        return bytes
    }

    /// The ids of the block's transactions in order, and beside them only the codes that are not OK: at thousands of
    /// transactions per second the notice is what a follower of all of them reads.
    private static func notice(of batch: EventBatch) -> JSONText {
        let transactions = batch.transactions ?? []
        var text = JSONText(capacity: 128 + transactions.count * 68)
        text.object { text in
            text.member("height", batch.height.number)
            text.member("time", batch.time)
            text.name("transactions")
            text.array { text in
                for item in transactions { text.hex(item.id) }
            }
            text.name("failed")
            text.array { text in
                for (index, item) in transactions.enumerated() where item.code != "OK" {
                    text.object { text in
                        text.member("index", UInt64(index))
                        text.member("code", item.code)
                    }
                }
            }
        }
        return text
    }

    private static func append(_ type: String, _ text: JSONText, at cursor: EventCursor, to bytes: inout [UInt8]) {
        bytes += Array("id: \(cursor.text)\nevent: \(type)\ndata: ".utf8)
        bytes += text.bytes
        bytes += [10, 10]
    }
}

extension EventCursor {
    /// `height-index`, each in its one decimal form.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let height = UInt64(parts[0]), let index = UInt32(parts[1]) else { return nil }
        self.init(height: Height(height), index: index)
        guard self.text == text else { return nil }
    }

    var text: String { "\(height.number)-\(index)" }
}
