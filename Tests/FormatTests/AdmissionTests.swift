import Ledger
import LedgerCrypto
import Primitives
import Testing

@Suite struct AdmissionTests {
    let fixture: Fixture
    let admission: Admission

    init() throws {
        fixture = try Fixture()
        admission = Admission(chain: fixture.chain.id, parameters: fixture.chain.genesis.parameters)
    }

    private func examine(
        _ bytes: [UInt8],
        at height: UInt64 = 10,
        standing: Standing?,
        call: RefusalCode? = nil
    ) -> (code: RefusalCode?, check: SignatureCheck?) {
        do throws(Refusal) {
            let check = try admission.examine(
                try admission.decode(bytes),
                at: Height(height),
                standing: { $0 == fixture.account ? standing : nil },
                checkCall: { (_: Call) throws(Refusal) in if let call { throw Refusal(call, "refused") } }
            )
            return (nil, check)
        } catch {
            return (error.code, nil)
        }
    }

    @Test("a good transaction passes, and its signature check passes")
    func good() throws {
        let result = examine(try fixture.transaction().bytes, standing: try fixture.standing())
        #expect(result.code == nil)
        #expect(try #require(result.check).passes)
    }

    @Test("a signature of another key or over other content fails its check")
    func wronglySigned() throws {
        let stranger = try fixture.draft().signed(with: try Fixture.key("stranger"))
        #expect(try #require(examine(stranger, standing: try fixture.standing()).check).passes == false)
        let one = try fixture.transaction(1)
        let other = try fixture.transaction(2)
        let swapped = Array(one.bytes.dropLast(64)) + other.signature.bytes
        #expect(try #require(examine(swapped, standing: try fixture.standing()).check).passes == false)
    }

    @Test("failure 29: a transaction from another chain is refused")
    func otherChain() throws {
        let foreign = try Fixture(name: "another-chain")
        #expect(foreign.chain.id != fixture.chain.id)
        #expect(examine(try foreign.transaction().bytes, standing: try fixture.standing()).code == .chain)
    }

    @Test(
        "failure 29: outside its validity window a transaction is refused",
        arguments: [
            (100 as UInt64, 99 as UInt64, nil as RefusalCode?), (100, 100, .expired), (100, 101, .expired),
            (100, .max, .expired), (0, 0, .expired), (4106, 10, nil), (4107, 10, .tooFar), (.max, 10, .tooFar),
        ]
    )
    func window(validUntil: UInt64, height: UInt64, expected: RefusalCode?) throws {
        let bytes = try fixture.draft(validUntil: validUntil).signed(with: fixture.accountKey)
        #expect(examine(bytes, at: height, standing: try fixture.standing()).code == expected)
    }

    @Test("at the last heights there are, the window does not overflow")
    func lastHeights() throws {
        let bytes = try fixture.draft(validUntil: .max).signed(with: fixture.accountKey)
        #expect(examine(bytes, at: .max - 1, standing: try fixture.standing()).code == nil)
    }

    @Test("an unknown or inactive account is refused")
    func accounts() throws {
        let bytes = try fixture.transaction().bytes
        let inactive = Standing(key: try fixture.standing().key, isActive: false)
        #expect(examine(bytes, standing: nil).code == .account)
        #expect(examine(bytes, standing: inactive).code == .account)
    }

    @Test(
        "what the schema or the filter of personal data refuses is refused with their code",
        arguments: [RefusalCode.schema, .personalData]
    )
    func calls(code: RefusalCode) throws {
        #expect(examine(try fixture.transaction().bytes, standing: try fixture.standing(), call: code).code == code)
    }

    /// The contracts of the chain themselves: consent's `request-access` takes three digests and a purpose.
    private static let purposes: [(contract: String, method: String, purpose: CBORValue, code: RefusalCode?)] = [
        ("consent", "request-access", .text("research"), nil),
        ("consent", "request-nothing", .text("research"), .schema),
        ("no-such-contract", "request-access", .text("research"), .schema),
        ("consent", "request-access", .unsigned(5), .schema),
        ("consent", "request-access", .text("Free text"), .schema),
        ("consent", "request-access", .text("taro@example.jp"), .personalData),
        ("consent", "request-access", .text("090-1234-5678"), .personalData),
        ("no-such-contract", "request-access", .text("taro@example.jp"), .personalData),
    ]

    @Test("the chain's contracts decide what a call may hold", arguments: 0..<8)
    func contracts(number: Int) throws {
        #expect(Self.purposes.count == 8)
        let (contract, method, purpose, code) = Self.purposes[number]
        let random = CBORValue.byteString(SHA256Function.digest(of: [1]).bytes)
        var pairs = [1, 2, 3].map { CBORValue.Pair(.unsigned($0), random) } + [.init(.unsigned(4), purpose)]
        for (isWidened, expected) in [(false, code), (true, code ?? .schema)] {
            if isWidened { pairs.append(.init(.unsigned(5), .null)) }
            var draft = try fixture.draft()
            draft.calls = [
                Call(
                    contract: try #require(Identifier(contract)),
                    method: try #require(Identifier(method)),
                    arguments: CBORValue.map(pairs).encoded
                )
            ]
            let standing = try fixture.standing()
            let refused = refusalCode { () throws(Refusal) in
                _ = try admission.examine(
                    admission.decode(draft.signed(with: fixture.accountKey)),
                    at: Height(10),
                    standing: { _ in standing }
                )
            }
            #expect(refused == expected, "\(contract) \(method), widened: \(isWidened)")
        }
    }

    @Test("the cheaper check answers first")
    func order() throws {
        let foreign = try Fixture(name: "another-chain")
        // Wrong in every respect at once: chain, window, account, call.
        let bytes = try foreign.draft(validUntil: 1).signed(with: try Fixture.key("stranger"))
        #expect(examine(bytes, standing: nil, call: .schema).code == .chain)
        let own = try fixture.draft(validUntil: 1).signed(with: try Fixture.key("stranger"))
        #expect(examine(own, standing: nil, call: .schema).code == .expired)
        let alive = try fixture.draft().signed(with: try Fixture.key("stranger"))
        #expect(examine(alive, standing: nil, call: .schema).code == .account)
        #expect(examine(alive, standing: try fixture.standing(), call: .schema).code == .schema)
    }

    @Test("codes have distinct numbers and words, and only those about the content hold for every copy of an id")
    func codes() {
        #expect(Set(RefusalCode.allCases.map(\.text)).count == RefusalCode.allCases.count)
        #expect(!RefusalCode.signature.isFinalForID && !RefusalCode.malformed.isFinalForID)
        #expect(RefusalCode.expired.isFinalForID && RefusalCode.personalData.isFinalForID)
        #expect(RefusalCode.allCases.filter(\.isOverload) == [.busy, .quota])
    }
}
