import NodeAPI
import NodeRuntime
import Primitives
import Synchronization
import Testing

/// Rows of the state, now and before, over HTTP.
@Suite struct StateTests {
    @Test("a row is answered with its value and since when, nothing with nulls, and a height to come as not there yet")
    func rows() async throws {
        let backend = MockBackend { state in
            state.rows[[1, 2, 0xAB]] = RowView(height: Height(7), value: [0xC0], since: Height(3))
        }
        try await LiveAPI.run(backend) { api in
            let row = try await api.get("/v1/state/0102ab?at=7")
            #expect(row.text == #"{"key":"0102ab","height":7,"value":"c0","since":3}"#)
            let nothing = try await api.get("/v1/state/0102ac")
            #expect(nothing.text == #"{"key":"0102ac","height":7,"value":null,"since":null}"#)
            let later = try await api.get("/v1/state/0102ac?at=8")
            #expect(try later.status == 404 && later.member("code") == .string("HEIGHT"))
            for path in ["/v1/state/01zz", "/v1/state/0102?at=now", "/v1/state/" + String(repeating: "01", count: 257)]
            {
                #expect(try await api.get(path).member("code") == .string("MALFORMED"), "\(path)")
            }
        }
    }

    @Test("versions come in pages that name the next one; what is pruned is gone, not missing")
    func versions() async throws {
        let backend = MockBackend { state in
            state.versions = .success(
                RowVersions(
                    versions: [
                        .init(from: Height(5), through: Height(7), value: nil),
                        .init(from: Height(2), through: Height(4), value: [1]),
                    ],
                    next: Height(1),
                    completeFrom: .genesis
                )
            )
        }
        try await LiveAPI.run(backend) { api in
            let page = try await api.get("/v1/state/0102/versions?through=7&limit=2")
            #expect(
                page.text == #"{"key":"0102","complete_from":0,"versions":["#
                    + #"{"from":5,"through":7,"value":null},{"from":2,"through":4,"value":"01"}],"next":1}"#
            )
            _ = try await api.get("/v1/state/0102/versions")
            let requests = backend.state.withLock { $0.versionRequests }
            #expect(requests.map(\.limit) == [2, 20] && requests.map(\.through) == [Height(7), nil])
            for query in ["limit=0", "limit=101", "limit=x", "through=-1"] {
                let refused = try await api.get("/v1/state/0102/versions?\(query)")
                #expect(try refused.status == 400 && refused.member("code") == .string("MALFORMED"), "\(query)")
            }
        }
        try await LiveAPI.run(MockBackend()) { api in
            let gone = try await api.get("/v1/state/0102/versions?through=1")
            #expect(try gone.status == 410 && gone.member("code") == .string("PRUNED"))
        }
    }
}
