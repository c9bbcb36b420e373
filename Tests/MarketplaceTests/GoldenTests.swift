import ContractKit
import ContractTesting
import LedgerCrypto
import Marketplace
import Primitives
import Testing

/// One history, and the digest of all rows that it leaves. Another digest is another state: on a running chain that is
/// a change that all validators have to make at one height, marked STATE-BREAKING in the changelog.
@Suite struct GoldenTests {
    @Test("the rows that a fixed history leaves are the same on every machine and in every release")
    func rows() throws {
        var market = try Market.market(at: .opened)
        try market.run(Market.acceptance(Market.id(Who.maker)), Who.maker)
        try market.run(CouponTests.coupons(3, until: market.bed.time + 1_000), Who.issuer)
        try market.run(Market.order(from: Who.city, 2), Who.port)
        let bed = market.bed
        var bytes: [UInt8] = []
        for entry in bed.state where entry.key.first == ContractID.marketplace.number {
            UInt64(entry.key.count).append(to: &bytes)
            UInt64(entry.value.count).append(to: &bytes)
            bytes += entry.key + entry.value
        }
        let golden = "b9e6d0b34ee47be38475c5be9b57675e8a321a75e78d1beb1730666ca19c74ec"
        #expect(SHA256Function.digest(of: bytes).hex == golden)
    }
}
