import Ledger
import LedgerCrypto
import Primitives
import Testing

@Suite struct ChainFormatTests {
    let fixture: Fixture

    init() throws { fixture = try Fixture() }

    @Test("the same genesis gives the same chain id everywhere, and one changed byte another or none")
    func genesis() throws {
        let bytes = fixture.chain.bytes
        #expect(try Chain(decoding: bytes).id == fixture.chain.id)
        #expect(try Chain(decoding: bytes).genesis == fixture.chain.genesis)
        #expect(fixture.chain.id == SHA256Function.digest(of: bytes))
        for position in bytes.indices {
            var altered = bytes
            altered[position] ^= 1
            if let chain = try? Chain(decoding: altered) {
                #expect(chain.id != fixture.chain.id)
                #expect(chain.genesis.encoded == altered)
            }
        }
    }

    @Test("a genesis that names what is not there, or names one thing twice, is refused")
    func inconsistentGenesis() throws {
        let good = fixture.chain.genesis
        func changed(
            validators: [Validator]? = nil,
            parameters: Parameters? = nil,
            organisations: [Genesis.Organisation]? = nil,
            accounts: [Genesis.Account]? = nil
        ) -> Genesis {
            Genesis(
                chainName: good.chainName,
                time: good.time,
                validators: validators ?? good.validators,
                parameters: parameters ?? good.parameters,
                organisations: organisations ?? good.organisations,
                accounts: accounts ?? good.accounts
            )
        }
        var window = good.parameters
        window.window = 0
        var batch = good.parameters
        batch.batchByteCount = batch.transactionByteCount - 1
        for genesis in [
            changed(validators: []), changed(validators: good.validators + [good.validators[0]]),
            changed(organisations: []), changed(organisations: good.organisations + good.organisations),
            changed(accounts: good.accounts + good.accounts), changed(parameters: window), changed(parameters: batch),
        ] {
            #expect(throws: CBORError.self) { try Chain(genesis) }
        }
        #expect(throws: Never.self) { try Chain(changed()) }
    }

    @Test(
        "quorums are ⌊(n + f) / 2⌋ + 1 with f = ⌊(n − 1) / 3⌋, and any two share a correct validator",
        arguments: 1...20
    )
    func quorums(count: Int) throws {
        let set = try Fixture(validators: count).chain.validators
        #expect(set.faults == (count - 1) / 3)
        #expect(2 * set.quorum - count > set.faults)
        #expect(set.quorum <= count - set.faults)
    }

    @Test("a header's digest depends on every field")
    func headers() throws {
        let header = fixture.header()
        var digests: Set<Digest> = [header.digest]
        let changes: [(inout Header) -> Void] = [
            { $0.chain = .zero }, { $0.epoch = 1 }, { $0.height = Height(8) }, { $0.parent = .zero },
            { $0.originView = 4 }, { $0.proposer = nil }, { $0.proposer = 0 }, { $0.time += 1 },
            { $0.transactionsRoot = SHA256Function.digest(of: [2]) },
            { $0.receiptsRoot = SHA256Function.digest(of: [2]) },
            { $0.stateRoot = SHA256Function.digest(of: [2]) }, { $0.validatorsDigest = .zero },
            { $0.nextValidatorsDigest = .zero },
        ]
        for change in changes {
            var changed = header
            change(&changed)
            digests.insert(changed.digest)
            #expect(try Header(decoding: changed.encoded) == changed)
        }
        #expect(digests.count == changes.count + 1)
    }

    @Test("any quorum certifies, each signer counts once, and every signature must verify")
    func certificates() throws {
        let header = fixture.header()
        let set = fixture.chain.validators
        for signers in [[0, 1, 2], [1, 2, 3], [3, 0, 2], [0, 1, 2, 3]] {
            let certificate = try fixture.certificate(header, signers: signers)
            #expect(throws: Never.self) { try certificate.check(header, by: set) }
            #expect(try Certificate(decoding: certificate.encoded) == certificate)
        }
        let few = try fixture.certificate(header, signers: [0, 3])
        #expect(throws: CertificateError.noQuorum) { try few.check(header, by: set) }
        let good = try fixture.certificate(header, signers: [0, 1, 2, 3])
        let spoilt = try #require(
            Certificate(
                epoch: 0,
                headerDigest: header.digest,
                attestations: good.entries.dropLast() + [.init(index: 3, signature: good.entries[0].signature)]
            )
        )
        #expect(throws: CertificateError.badSignature) { try spoilt.check(header, by: set) }
        #expect(
            Certificate(epoch: 0, headerDigest: header.digest, attestations: [good.entries[0], good.entries[0]]) == nil
        )
        var later = header
        later.time += 1
        #expect(throws: CertificateError.otherHeader) { try good.check(later, by: set) }
    }

    @Test("failure 18: a signature with an index out of range is refused", arguments: [4, 100, UInt64(Int.max), .max])
    func indexOutOfRange(index: UInt64) throws {
        let header = fixture.header()
        let good = try fixture.certificate(header, signers: [0, 1, 2])
        let beyond = try #require(
            Certificate(
                epoch: 0,
                headerDigest: header.digest,
                attestations: good.entries + [.init(index: index, signature: good.entries[0].signature)]
            )
        )
        #expect(throws: CertificateError.noSuchValidator) { try beyond.check(header, by: fixture.chain.validators) }
    }

    @Test("failure 19: certificates with repeated, unsorted or too many entries are refused at decode")
    func badEntryLists() throws {
        let header = fixture.header()
        let signature = try fixture.certificate(header, signers: [0]).entries[0].signature
        func encoded(_ indexes: [UInt64]) -> [UInt8] {
            CBORValue.map([
                .init(.unsigned(1), .unsigned(0)), .init(.unsigned(2), .byteString(header.digest.bytes)),
                .init(
                    .unsigned(3),
                    .array(indexes.map { .array([.unsigned($0), .byteString(signature.bytes)]) })
                ),
            ]).encoded
        }
        #expect(throws: Never.self) { try Certificate(decoding: encoded([0, 1, 2])) }
        #expect(throws: CBORError.keyOrder) { try Certificate(decoding: encoded([0, 0, 1])) }
        #expect(throws: CBORError.keyOrder) { try Certificate(decoding: encoded([1, 0])) }
        #expect(throws: CBORError.tooLong) { try Certificate(decoding: encoded(Array(0...100))) }
    }

    @Test("a certificate of one chain, epoch or height certifies no other")
    func separation() throws {
        let header = fixture.header()
        let certificate = try fixture.certificate(header, signers: [0, 1, 2])
        var otherEpoch = header
        otherEpoch.epoch = 1
        #expect(throws: CertificateError.otherEpoch) { try certificate.check(otherEpoch, by: fixture.chain.validators) }
        let others = try Fixture(validators: 7).chain.validators
        #expect(throws: CertificateError.otherValidators) { try certificate.check(header, by: others) }
    }

    @Test("receipts come back, and failed ones keep their code and message")
    func receipts() throws {
        let event = Event(
            contract: try #require(Identifier("marketplace")),
            name: try #require(Identifier("published")),
            fields: CBORValue.map([.init(.unsigned(1), .unsigned(5))]).encoded
        )
        for status in [Receipt.Status.ok, .failed(.funds, message: "price above what is held")] {
            let receipt = Receipt(
                transaction: SHA256Function.digest(of: [1]),
                height: Height(9),
                index: 3,
                status: status,
                events: status == .ok ? [event, event] : [],
                used: 77
            )
            #expect(try Receipt(decoding: receipt.encoded) == receipt)
            for position in receipt.encoded.indices {
                var altered = receipt.encoded
                altered[position] ^= 1
                if let other = try? Receipt(decoding: altered) { #expect(other.encoded == altered) }
            }
        }
    }

    @Test("a long message is cut at a character, never inside one", arguments: 0..<8)
    func longMessages(offset: Int) throws {
        let message = String(repeating: "a", count: 195 + offset) + "水🙂水🙂"
        let receipt = Receipt(
            transaction: .zero,
            height: Height(1),
            index: 0,
            status: .failed(.limit, message: message),
            events: [],
            used: 0
        )
        guard case .failed(_, let short) = receipt.status else { return }
        #expect(short.utf8.count <= Receipt.greatestMessageByteCount && message.hasPrefix(short))
        #expect(short.utf8.count > Receipt.greatestMessageByteCount - 4)
        #expect(try Receipt(decoding: receipt.encoded) == receipt)
    }
}
