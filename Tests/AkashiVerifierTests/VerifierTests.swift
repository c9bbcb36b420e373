import AkashiVerifier
import SeededRandom
import Testing

/// What somebody who embeds the verifier sees of it.
@Suite struct VerifierTests {
    private func check(_ body: () throws(VerificationError) -> Void) -> VerificationError.Check? {
        do throws(VerificationError) {
            try body()
            return nil
        } catch {
            return error.check
        }
    }

    @Test("a transaction is proven with its calls and how it ended, four epochs after the genesis")
    func transaction() throws {
        let verifier = try Vectors.verifier()
        let statement = try verifier.verify(Vectors.bytes("transaction.proof"))
        guard case .transaction(let transaction, let receipt) = statement.content else { throw Unexpected() }
        #expect(statement.chainID == verifier.chainID && verifier.chainName == "test-chain")
        #expect(statement.epoch == 3 && statement.height > 15)
        #expect(statement.time == 1_700_000_000_000 + statement.height * 1000)
        #expect(transaction.calls.map { "\($0.contract).\($0.method)" } == ["governance.enrol-account"])
        #expect(receipt.transaction == transaction.id && receipt.code == "OK" && receipt.message == nil)
    }

    @Test("a receipt and an event are proven without what the transaction asked for")
    func receiptAndEvent() throws {
        let verifier = try Vectors.verifier()
        guard case .receipt(let receipt) = try verifier.verify(Vectors.bytes("receipt.proof")).content,
            case .event(let index, let other) = try verifier.verify(Vectors.bytes("event.proof")).content
        else { throw Unexpected() }
        #expect(receipt.transaction.count == 32 && receipt.code == "OK")
        #expect(other.events.indices.contains(index) && other.events[index].contract == "consent")
        #expect(!other.events[index].fields.isEmpty)
    }

    @Test("values and absence in the state are proven, several in one file")
    func state() throws {
        let verifier = try Vectors.verifier()
        guard case .state(let value) = try verifier.verify(Vectors.bytes("value.proof")).content,
            case .state(let absence) = try verifier.verify(Vectors.bytes("absence.proof")).content,
            case .state(let rows) = try verifier.verify(Vectors.bytes("rows.proof")).content
        else { throw Unexpected() }
        #expect(value.count == 1 && value[0].value != nil)
        #expect(absence.count == 1 && absence[0].value == nil)
        #expect(rows.count == 3 && rows[0] == value[0] && rows[2] == absence[0])
        #expect(try verifier.verify(Vectors.bytes("absence.proof")).content.kind == "absence")
    }

    @Test("a block without a certificate of its own is proven through its descendants")
    func descendant() throws {
        let statement = try Vectors.verifier().verify(Vectors.bytes("descendant.proof"))
        #expect(statement.epoch == 3)
    }

    @Test("no file with an altered byte verifies", arguments: Vectors.names)
    func everyByte(name: String) throws {
        let verifier = try Vectors.verifier()
        let bytes = try Vectors.bytes(name + ".proof")
        #expect(check { () throws(VerificationError) in _ = try verifier.verify(bytes) } == nil)
        var random = SplitMix64(seed: 7)
        for position in bytes.indices {
            var altered = bytes
            altered[position] ^= UInt8.random(in: 1...255, using: &random)
            #expect(throws: VerificationError.self, "byte \(position)") { try verifier.verify(altered) }
        }
        for count in [0, 1, bytes.count / 2, bytes.count - 1] {
            let form = check { () throws(VerificationError) in _ = try verifier.verify(Array(bytes.prefix(count))) }
            #expect(form == .form, "\(count)")
        }
        #expect(check { () throws(VerificationError) in _ = try verifier.verify(bytes + [0]) } == .form)
    }

    @Test("the genesis decides which chain it is, and what is none is refused")
    func genesis() throws {
        let genesis = try Vectors.bytes("genesis")
        let proof = try Vectors.bytes("transaction.proof")
        #expect(check { () throws(VerificationError) in _ = try Verifier(genesis: proof) } == .genesis)
        #expect(check { () throws(VerificationError) in _ = try Verifier(genesis: []) } == .genesis)
        let name = Array("test-chain".utf8)
        let place = try #require(genesis.indices.first { Array(genesis[$0...].prefix(name.count)) == name })
        var other = genesis
        other[place] = UInt8(ascii: "b")
        let verifier = try Verifier(genesis: other)
        #expect(verifier.chainName == "best-chain")
        #expect(check { () throws(VerificationError) in _ = try verifier.verify(proof) } == .chain)
    }

    @Test("a trusted header is a header of this chain, and the proof agrees with it")
    func trustedHeader() throws {
        let genesis = try Vectors.bytes("genesis")
        let proof = try Vectors.bytes("transaction.proof")
        let header = try Vectors.bytes("trusted.header")
        let agreeing = try Verifier(genesis: genesis, trustedHeader: header)
        #expect(check { () throws(VerificationError) in _ = try agreeing.verify(proof) } == nil)
        let contradiction = try Verifier(genesis: genesis, trustedHeader: Vectors.bytes("rewritten.header"))
        #expect(check { () throws(VerificationError) in _ = try contradiction.verify(proof) } == .trust)
        let none = check { () throws(VerificationError) in _ = try Verifier(genesis: genesis, trustedHeader: proof) }
        #expect(none == .trustedHeader)
    }

    private struct Unexpected: Error {}
}
