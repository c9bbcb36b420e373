import ContractKit
import ContractTesting
import LedgerCrypto
import Primitives
import Testing
import TrustStore

/// One history, and the digest of all rows that it leaves. Another digest is another state: on a running chain that is
/// a change that all validators have to make at one height, marked STATE-BREAKING in the changelog.
@Suite struct GoldenTests {
    @Test("the rows that a fixed history leaves are the same on every machine and in every release")
    func rows() throws {
        var store = Store()
        try store.register("quiet", condition(build) { $0.threshold = atMost(5_500) }, ancestry: 2)
        let part = try store.append(store.body("part") { $0.readings = [reading(5_510)] })
        try store.append(store.body("product") { ($0.step, $0.parents) = (inspection, [part]) })
        try store.run(Store.assessment("quiet"), Who.auditor)
        try store.append(store.body("part again") { ($0.corrects, $0.readings) = (part, [reading(5_400)]) })
        let bed = store.bed
        var bytes: [UInt8] = []
        for entry in bed.state where entry.key.first == ContractID.trustStore.number {
            UInt64(entry.key.count).append(to: &bytes)
            UInt64(entry.value.count).append(to: &bytes)
            bytes += entry.key + entry.value
        }
        let golden = "3c18483bfb3619c3a0c64b5fe18174387491ad50f90f7aa5b9dea60b99e3647f"
        #expect(SHA256Function.digest(of: bytes).hex == golden)
    }
}
