internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
package import Primitives

/// Follows one validator's notices of blocks and tells the record what is final.
///
/// Asking for statuses or waiting on every request would cost each validator work for each transaction. One feed of
/// notices costs one of them 67 bytes for each, and the others nothing; the latency measured is that of a client who
/// hears of the certificate from that validator.
struct BlockFollower: Sendable {
    let client: HTTPClient
    /// The validators that can be followed: one at a time, the next where one ends.
    let urls: [String]
    let record: LoadRecord

    /// Runs until cancelled. A feed that ends is taken up where it ended.
    func run(whenConnected: @escaping @Sendable () -> Void) async {
        var cursor: String?
        var turn = 0
        while !Task.isCancelled {
            // A cursor means the same to all of them.
            try? await follow(urls[turn % urls.count], &cursor, whenConnected)
            turn += 1
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    private func follow(_ url: String, _ cursor: inout String?, _ whenConnected: @Sendable () -> Void) async throws {
        var request = HTTPClientRequest(url: "\(url)/v1/events?type=block")
        if let cursor { request.headers.add(name: "Last-Event-ID", value: cursor) }
        let response = try await client.execute(request, timeout: .hours(24))
        guard response.status.code == 200 else { throw LoadError("the feed of \(url) answers \(response.status.code)") }
        var line: [UInt8] = []
        for try await part in response.body {
            for byte in part.readableBytesView {
                guard byte == 0x0A else {
                    line.append(byte)
                    continue
                }
                // The first line is a comment that says the feed is open.
                if line.first == UInt8(ascii: ":") { whenConnected() }
                if line.starts(with: "id: ".utf8) { cursor = String(decoding: line.dropFirst(4), as: UTF8.self) }
                if line.starts(with: "data: ".utf8) { tell(BlockNotice(line.dropFirst(6))) }
                line.removeAll(keepingCapacity: true)
            }
        }
    }

    private func tell(_ notice: BlockNotice) {
        record.final(notice.ids, failures: notice.failures, at: LoadRecord.now)
    }
}

/// A notice of a block, read by its known shape: a JSON parser would cost more than all the rest of following.
package struct BlockNotice: Equatable, Sendable {
    package var ids: [Digest] = []
    /// Codes by place in the block, of transactions that did not take effect.
    package var failures: [Int: String] = [:]

    package init(_ text: ArraySlice<UInt8>) {
        guard let list = text.range(after: "\"transactions\":[") else { return }
        var position = list
        while position < text.endIndex, text[position] == UInt8(ascii: "\"") {
            let start = position + 1
            guard start + 64 < text.endIndex, let id = Digest(lowerCaseHex: text[start..<start + 64]) else { return }
            ids.append(id)
            position = start + 65
            if position < text.endIndex, text[position] == UInt8(ascii: ",") { position += 1 }
        }
        readFailures(text[position...])
    }

    /// `{"index":4,"code":"FUNDS"}` …
    private mutating func readFailures(_ text: ArraySlice<UInt8>) {
        var rest = text
        while let start = rest.range(after: "{\"index\":") {
            let digits = rest[start...].prefix { (0x30...0x39).contains($0) }
            guard let index = Int(String(decoding: digits, as: UTF8.self)),
                let code = rest.range(after: "\"code\":\"")
            else { return }
            let word = rest[code...].prefix { $0 != UInt8(ascii: "\"") }
            failures[index] = String(decoding: word, as: UTF8.self)
            rest = rest[word.endIndex...]
        }
    }
}

extension ArraySlice<UInt8> {
    /// The place behind the first occurrence of a text.
    fileprivate func range(after text: StaticString) -> Int? {
        let wanted = Array(text.description.utf8)
        guard count >= wanted.count else { return nil }
        for start in startIndex...(endIndex - wanted.count) where self[start] == wanted[0] {
            if self[start..<start + wanted.count].elementsEqual(wanted) { return start + wanted.count }
        }
        return nil
    }
}

extension Digest {
    fileprivate init?(lowerCaseHex text: ArraySlice<UInt8>) {
        var words: [UInt64] = [0, 0, 0, 0]
        for (position, character) in text.enumerated() {
            let nibble: UInt8
            switch character {
            case 0x30...0x39: nibble = character - 0x30
            case 0x61...0x66: nibble = character - 0x61 + 10
            default: return nil
            }
            words[position >> 4] = words[position >> 4] << 4 | UInt64(nibble)
        }
        self.init(words: (words[0], words[1], words[2], words[3]))
    }
}

/// Why the load could not be made or measured.
struct LoadError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
