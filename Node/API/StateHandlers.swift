internal import Hummingbird
internal import HummingbirdCore
internal import NodeRuntime
internal import Primitives

extension APIEdge {
    /// `GET /v1/state/{key}`
    @Sendable func stateRow(_ request: Request, _ context: APIContext) async throws -> Response {
        let key = try context.stateKey()
        let row = try await backend.row(key, at: try request.height("at"))
        var text = JSONText(capacity: 512 + 2 * (row.value?.count ?? 0))
        text.object { text in
            text.member("key", hex: key)
            text.member("height", row.height.number)
            text.member("value", hexOrNull: row.value)
            text.member("since", row.since?.number)
        }
        return .json(text)
    }

    /// `GET /v1/state/{key}/versions`
    @Sendable func stateVersions(_ request: Request, _ context: APIContext) async throws -> Response {
        let key = try context.stateKey()
        var limit = 20
        if let text = request.queryValue("limit") {
            guard let number = Int(text), (1...APIEdge.greatestVersionCount).contains(number) else {
                throw Problem.malformed("'limit' is 1 to \(APIEdge.greatestVersionCount)")
            }
            limit = number
        }
        let page = try await backend.versions(of: key, through: try request.height("through"), limit: limit)
        var text = JSONText(capacity: 512 + page.versions.reduce(0) { $0 + 96 + 2 * ($1.value?.count ?? 0) })
        text.object { text in
            text.member("key", hex: key)
            text.member("complete_from", page.completeFrom.number)
            text.name("versions")
            text.array { text in
                for version in page.versions {
                    text.object { text in
                        text.member("from", version.from.number)
                        text.member("through", version.through.number)
                        text.member("value", hexOrNull: version.value)
                    }
                }
            }
            text.member("next", page.next?.number)
        }
        return .json(text)
    }

    private static let greatestVersionCount = 100
}

extension JSONText {
    fileprivate mutating func member(_ name: String, hexOrNull bytes: [UInt8]?) {
        if let bytes { return member(name, hex: bytes) }
        self.name(name)
        null()
    }
}

extension APIContext {
    private static let greatestStateKeyByteCount = 256

    /// The row's key in the path.
    func stateKey() throws(Problem) -> [UInt8] {
        guard let text = parameters["key"], text.utf8.count <= 2 * Self.greatestStateKeyByteCount,
            let key = Hex.decode(String(text))
        else { throw Problem.malformed("'key' is lower-case hexadecimal") }
        return key
    }
}

extension Request {
    /// A block's number among the query's values; nil where it is not given.
    func height(_ name: String) throws(Problem) -> Height? {
        guard let text = queryValue(name) else { return nil }
        guard let number = UInt64(text) else { throw Problem.malformed("'\(name)' is a block's number") }
        return Height(number)
    }
}
