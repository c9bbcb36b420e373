import AkashiClient
import Testing

@Suite("Server-sent events are read however the bytes are cut")
struct ServerEventTests {
    static let text = """
        : akashi

        id: 7-0
        event: event
        data: {"contract":"marketplace"}

        : alive

        id: 7-1
        event: block
        data: {"height":7,
        data: "transactions":[]}


        """
    static let events = [
        ServerEvent(id: "7-0", type: "event", data: #"{"contract":"marketplace"}"#),
        ServerEvent(id: "7-1", type: "block", data: "{\"height\":7,\n\"transactions\":[]}"),
    ]

    @Test("Any cut into pieces gives the same events", arguments: [1, 2, 3, 7, 64, 10_000])
    func pieces(size: Int) throws {
        var parser = ServerEventParser()
        var found: [ServerEvent] = []
        let bytes = Array(Self.text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            found += try parser.feed(bytes[start..<min(start + size, bytes.count)])
        }
        #expect(found == Self.events)
    }

    @Test("Carriage returns before the line feeds are taken too")
    func carriageReturns() throws {
        var parser = ServerEventParser()
        let text = Self.text.replacing("\n", with: "\r\n")
        #expect(try parser.feed(Array(text.utf8)) == Self.events)
    }

    @Test("A line without end is refused instead of filling the memory")
    func endless() {
        var parser = ServerEventParser()
        let error = #expect(throws: ClientError.self) {
            _ = try parser.feed([UInt8](repeating: 0x61, count: ServerEventParser.greatestLine + 1))
        }
        #expect(error?.code == "TOO_LARGE")
    }
}
