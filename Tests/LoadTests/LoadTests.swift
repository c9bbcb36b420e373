import AkashiCLI
import Foundation
import Primitives
import Testing

@Suite struct LoadTests {
    @Test("a notice of a block gives the ids in order and the codes of those that failed")
    func notice() {
        let ids = [UInt64(1), 2, 3].map { Digest(words: ($0, 0, 0xABCD, $0 << 60)) }
        let list = ids.map { "\"\($0.hex)\"" }.joined(separator: ",")
        let text =
            #"{"height":3,"time":1003,"transactions":[\#(list)],"#
            + #""failed":[{"index":1,"code":"FUNDS"},{"index":12,"code":"ROLE"}]}"#
        let notice = BlockNotice(Array(text.utf8)[...])
        #expect(notice.ids == ids)
        #expect(notice.failures == [1: "FUNDS", 12: "ROLE"])
    }

    @Test(
        "a notice that is cut off or of another shape gives what can be read and traps on nothing",
        arguments: [
            "", "{}", #"{"transactions":["#, #"{"transactions":["ab"]}"#, #"{"transactions":[1]}"#,
            #"{"transactions":["\#(String(repeating: "z", count: 64))"],"failed":[{"index":"#,
            #"{"transactions":[],"failed":[{"index":99999999999999999999,"code":"X"}]}"#,
        ]
    )
    func damagedNotice(text: String) {
        #expect(BlockNotice(Array(text.utf8)[...]).ids.isEmpty)
    }

    @Test("each kind of a mix comes as often as its weight")
    func mix() throws {
        let mix = try #require(LoadMix("transfer=3,evidence=1"))
        let kinds = (0..<8).map { mix[$0] }
        #expect(kinds.count { $0 == .transfer } == 6)
        #expect(kinds.count { $0 == .evidence } == 2)
        #expect(mix.kinds == [.transfer, .evidence])
        #expect(mix.meanStepCount == 1)
    }

    @Test("the mix of all has every kind, and so every contract")
    func mixOfAll() throws {
        #expect(try #require(LoadMix("all")).kinds == Set(LoadKind.allCases))
    }

    @Test(arguments: ["", "transfer=0", "transfer=x", "theft", "transfer=101", "=1", ",", "all=2", "all,transfer"])
    func mixesThatAreNone(text: String) {
        #expect(LoadMix(text) == nil)
    }

    @Test(
        "steps of a life cycle are sent in their order, none twice, with the others' between them",
        arguments: ["all", "order", "vote=1,transfer=3", "transfer"],
        [1, 7, 40]
    )
    func order(text: String, spread: Int) throws {
        let mix = try #require(LoadMix(text))
        let count = 2000
        let order = LoadOrder(count, mix: mix, spread: spread)
        #expect(order.places.count == count)
        #expect(Set(order.places).count == count)
        var last: [Int: Int] = [:]
        for (index, place) in order.places.enumerated() {
            #expect(place.story < order.storyCount && place.step < mix[place.story].stepCount)
            let before = last[place.story]
            #expect(order.predecessor(of: index) == before)
            if let before {
                #expect(order.places[before].step == place.step - 1)
                // At least one step of each life cycle that began meanwhile lies between.
                #expect(index - before >= spread)
            } else {
                #expect(place.step == 0)
            }
            last[place.story] = index
        }
    }

    @Test("evidence grows to its size with readings first and windows next")
    func payload() {
        #expect(EvidenceSize(0).windowCount == 1)
        #expect(EvidenceSize(1).windowCount == 1)
        #expect(EvidenceSize(1000).windowCount == 1)
        let counts = [2000, 4000, 8000, EvidenceSize.greatestPayload].map { EvidenceSize($0).windowCount }
        #expect(counts == counts.sorted() && Set(counts).count == counts.count)
        // As many calls as the chain's standard parameters let a transaction have.
        #expect(counts.allSatisfy { $0 <= 16 })
    }
}
