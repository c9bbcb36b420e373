/// One server-sent event.
package struct ServerEvent: Hashable, Sendable {
    /// `height-index`: where to resume.
    package let id: String
    package let type: String
    /// One JSON document.
    package let data: String

    package init(id: String, type: String, data: String) {
        self.id = id
        self.type = type
        self.data = data
    }
}

/// Reads the lines of a `text/event-stream` (WHATWG HTML §9.2.6), as far as nodes write it.
package struct ServerEventParser: Sendable {
    package static let greatestLine = 1 << 20

    private var line: [UInt8] = []
    private var id = ""
    private var type = "message"
    private var data: [String] = []

    package init() {}

    /// Takes bytes as they come and gives the events that they complete.
    package mutating func feed(_ bytes: some Sequence<UInt8>) throws(ClientError) -> [ServerEvent] {
        var events: [ServerEvent] = []
        for byte in bytes {
            if byte != 0x0A {
                guard line.count < ServerEventParser.greatestLine else {
                    throw ClientError("TOO_LARGE", "an event has more than \(ServerEventParser.greatestLine) bytes")
                }
                line.append(byte)
                continue
            }
            if line.last == 0x0D { line.removeLast() }
            if let event = finishLine() { events.append(event) }
        }
        return events
    }

    private mutating func finishLine() -> ServerEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else {
            defer {
                type = "message"
                data = []
            }
            return data.isEmpty ? nil : ServerEvent(id: id, type: type, data: data.joined(separator: "\n"))
        }
        let text = String(decoding: line, as: UTF8.self)
        // A line that starts with a colon is a comment: the node's sign of life.
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else { return nil }
        var value = text[text.index(after: colon)...]
        if value.first == " " { value = value.dropFirst() }
        switch text[..<colon] {
        case "id": id = String(value)
        case "event": type = String(value)
        case "data": data.append(String(value))
        default: break
        }
        return nil
    }
}
