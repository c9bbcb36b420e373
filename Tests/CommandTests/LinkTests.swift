import Foundation
import Testing

@Suite("Links between the validators of testnet/ fail and heal", .serialized, .timeLimit(.minutes(5)))
struct LinkTests {
    private struct Status: Decodable {
        struct Validator: Decodable {
            let certified_height: Int?
        }

        let validators: [Validator]
    }

    private func heights(_ testnet: Testnet) throws -> [Int] {
        let status = try testnet.script("status", ["--json"])
        let report = try JSONDecoder().decode(Status.self, from: Data(status.output.utf8))
        return report.validators.map { $0.certified_height ?? -1 }
    }

    /// Waits for a condition on the certified heights, each round of which takes as long as the answers of four validators.
    private func wait(_ testnet: Testnet, _ condition: ([Int]) -> Bool) throws -> [Int] {
        for _ in 0..<200 {
            let heights = try heights(testnet)
            if condition(heights) { return heights }
        }
        throw Overdue()
    }

    private struct Overdue: Error {}

    @Test(
        "who is cut off stays behind while the others go on, and comes back when the links heal",
        .enabled(if: Testnet.canSeparate, "no network namespaces here: they take root and /dev/net/tun")
    )
    func partition() throws {
        try Testnet.run(["--namespaces"]) { testnet in
            _ = try wait(testnet) { $0.allSatisfy { $0 > 0 } }
            #expect(try testnet.script("partition", ["0,1,2|3"]).status == 0)
            let before = try heights(testnet)
            let apart = try wait(testnet) { ($0.prefix(3).min() ?? 0) > (before.max() ?? 0) + 3 }
            // What was on its way to it when the links were cut is all that it can have got.
            #expect(apart[3] <= (before.max() ?? 0) + 1)
            for (script, arguments) in [("cut", ["0", "4"]), ("partition", ["0,1|1,2"]), ("slow", ["-1", "0"])] {
                let refused = try testnet.script(script, arguments)
                #expect(refused.status == 1 && refused.errors.contains("switch: "))
            }
            #expect(try testnet.script("heal", []).status == 0)
            let healed = try heights(testnet).max() ?? 0
            _ = try wait(testnet) { $0.allSatisfy { $0 > healed } }
            // A validator that starts again finds its namespace, and a network that starts again makes new ones.
            #expect(try testnet.script("restart", ["1"]).status == 0)
            #expect(try testnet.script("down", []).status == 0)
            #expect(try testnet.script("up", []).status == 0)
            let risen = try heights(testnet).max() ?? 0
            _ = try wait(testnet) { $0.allSatisfy { $0 > risen } }
        }
    }

    @Test("a network on loopback has no links that could fail, and says what would have")
    func loopback() throws {
        try Testnet.run { testnet in
            let refused = try testnet.script("heal", [])
            #expect(refused.status == 1 && refused.errors.contains("testnet/up --namespaces"))
            #expect(try testnet.script("cut", ["1"]).status == 2)
        }
    }
}
