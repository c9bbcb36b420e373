import Ledger
import LedgerCrypto
import Primitives
import Testing

@Suite struct ProofTests {
    let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func failure(_ bytes: [UInt8], _ verifier: ProofVerifier) -> ProofError? {
        do throws(ProofError) {
            _ = try verifier.verify(bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test("every transaction of a block is proven with nothing but the genesis", arguments: [1, 2, 3, 5, 8, 13])
    func proves(count: Int) throws {
        let verifier = ProofVerifier(chain: try Chain(decoding: fixture.chain.bytes))
        for (index, file) in try fixture.proofs(count: count).enumerated() {
            let verified = try verifier.verify(file.encoded)
            guard case .inclusion(let transaction, let receipt) = verified.fact else {
                Issue.record("another fact")
                continue
            }
            #expect(transaction.id == (try fixture.transaction(UInt64(index))).id)
            #expect(receipt.index == UInt64(index) && receipt.status == .ok)
            #expect(verified.header == file.header)
            #expect(try ProofFile(decoding: file.encoded).encoded == file.encoded)
        }
    }

    @Test("an altered proof file never verifies, whichever byte is altered", arguments: [1, 6])
    func everyByte(count: Int) throws {
        let verifier = ProofVerifier(chain: fixture.chain)
        let bytes = try #require(try fixture.proofs(count: count).last).encoded
        #expect(failure(bytes, verifier) == nil)
        for position in bytes.indices {
            for mask in [1, 0x80, 0xFF] as [UInt8] {
                var altered = bytes
                altered[position] ^= mask
                #expect(failure(altered, verifier) != nil, "byte \(position), mask \(mask)")
            }
        }
        #expect(failure(bytes + [0], verifier) == .malformed(.trailingBytes))
        #expect(failure(bytes.dropLast(), verifier) == .malformed(.truncated))
        #expect(failure([], verifier) == .malformed(.truncated))
    }

    @Test("a proof of one transaction does not prove the receipt of another")
    func mixed() throws {
        let files = try fixture.proofs(count: 4)
        guard case .inclusion(let one) = files[0].subject, case .inclusion(let other) = files[1].subject else {
            Issue.record("other subjects")
            return
        }
        let crossed = ProofFile.Inclusion(
            transaction: one.transaction,
            receipt: other.receipt,
            transactionPath: one.transactionPath,
            receiptPath: other.receiptPath
        )
        let verifier = ProofVerifier(chain: fixture.chain)
        let file = ProofFile(header: files[0].header, certificate: files[0].certificate, subject: .inclusion(crossed))
        #expect(failure(file.encoded, verifier) == .otherReceipt)
        let misplaced = ProofFile.Inclusion(
            transaction: one.transaction,
            receipt: one.receipt,
            transactionPath: other.transactionPath,
            receiptPath: one.receiptPath
        )
        let second = ProofFile(
            header: files[0].header,
            certificate: files[0].certificate,
            subject: .inclusion(misplaced)
        )
        #expect(failure(second.encoded, verifier) == .transactionNotInBlock)
    }

    @Test("a proof of another chain is refused")
    func otherChain() throws {
        let verifier = ProofVerifier(chain: try Fixture(name: "another-chain").chain)
        #expect(failure(try fixture.proofs(count: 1)[0].encoded, verifier) == .otherChain)
    }

    @Test("fewer signatures than a quorum, and signatures of strangers, certify nothing")
    func certificates() throws {
        let verifier = ProofVerifier(chain: fixture.chain)
        let few = try fixture.proofs(count: 1, signers: [0, 1])[0]
        #expect(failure(few.encoded, verifier) == .certificate(.noQuorum))
        let good = try fixture.proofs(count: 1)[0]
        let strangers = try (0..<4).map { try Fixture.key("stranger \($0)") }
        let forged = ProofFile(
            header: good.header,
            certificate: try fixture.certificate(good.header, signers: [0, 1, 2], keys: strangers),
            subject: good.subject
        )
        #expect(failure(forged.encoded, verifier) == .certificate(.badSignature))
    }

    @Test("epochs are followed from the genesis, and none is skipped")
    func handovers() throws {
        let newKeys = try (0..<4).map { try Fixture.key("epoch 1 validator \($0)") }
        let next = try #require(
            ValidatorSet(
                zip(newKeys, fixture.chain.genesis.validators).map { key, old in
                    Validator(
                        consensusKey: key.publicKey,
                        tlsPins: old.tlsPins,
                        address: old.address,
                        organisation: old.organisation
                    )
                }
            )
        )
        let last = fixture.header(height: 5, next: next)
        let handover = ProofFile.Handover(
            header: last,
            certificate: try fixture.certificate(last, signers: [0, 1, 2]),
            nextValidators: next
        )
        let old = try fixture.proofs(count: 1)[0]
        var header = old.header
        header.epoch = 1
        header.validatorsDigest = next.digest
        header.nextValidatorsDigest = next.digest
        let certificate = try fixture.certificate(header, signers: [1, 2, 3], keys: newKeys)
        let verifier = ProofVerifier(chain: fixture.chain)
        let file = ProofFile(handovers: [handover], header: header, certificate: certificate, subject: old.subject)
        #expect(failure(file.encoded, verifier) == nil)
        let skipped = ProofFile(header: header, certificate: certificate, subject: old.subject)
        #expect(failure(skipped.encoded, verifier) == .brokenHandover)
        let unannounced = fixture.header(height: 5)
        let silent = ProofFile.Handover(
            header: unannounced,
            certificate: try fixture.certificate(unannounced, signers: [0, 1, 2]),
            nextValidators: next
        )
        let broken = ProofFile(handovers: [silent], header: header, certificate: certificate, subject: old.subject)
        #expect(failure(broken.encoded, verifier) == .brokenHandover)
        let bytes = file.encoded
        for position in bytes.indices {
            var altered = bytes
            altered[position] ^= 1
            #expect(failure(altered, verifier) != nil, "byte \(position)")
        }
    }

    @Test("a block without a certificate is proven by a certified descendant, and only through every header between")
    func descendants() throws {
        let block = try fixture.proofs(count: 3)[1]
        var headers: [Header] = []
        var last = block.header
        for height in 8...10 as ClosedRange<UInt64> {
            last = fixture.header(height: height, parent: last.digest)
            headers.append(last)
        }
        let certificate = try fixture.certificate(last, signers: [0, 2, 3])
        let verifier = ProofVerifier(chain: fixture.chain)
        func file(_ descendants: [Header], _ certificate: Certificate) -> [UInt8] {
            ProofFile(
                header: block.header,
                descendants: descendants,
                certificate: certificate,
                subject: block.subject
            ).encoded
        }
        let good = file(headers, certificate)
        #expect(try verifier.verify(good).header == block.header)
        #expect(try ProofFile(decoding: good).encoded == good)
        #expect(failure(file([headers[0], headers[2]], certificate), verifier) == .brokenDescent)
        #expect(failure(file(Array(headers.dropFirst()), certificate), verifier) == .brokenDescent)
        #expect(failure(file([], certificate), verifier) == .certificate(.otherHeader))
        #expect(failure(file(headers, block.certificate), verifier) == .certificate(.otherHeader))
        #expect(failure(good, ProofVerifier(chain: fixture.chain, trusted: headers[1])) == nil)
        var rewritten = headers[1]
        rewritten.stateRoot = SHA256Function.digest(of: [1])
        #expect(failure(good, ProofVerifier(chain: fixture.chain, trusted: rewritten)) == .contradictsTrusted)
        for position in good.indices {
            var altered = good
            altered[position] ^= 1
            #expect(failure(altered, verifier) != nil, "byte \(position)")
        }
    }

    @Test("a history rewritten with old keys contradicts a trusted header")
    func trusted() throws {
        let file = try fixture.proofs(count: 2)[0]
        let agreeing = ProofVerifier(chain: fixture.chain, trusted: file.header)
        #expect(failure(file.encoded, agreeing) == nil)
        var rewritten = file.header
        rewritten.stateRoot = SHA256Function.digest(of: [1])
        #expect(failure(file.encoded, ProofVerifier(chain: fixture.chain, trusted: rewritten)) == .contradictsTrusted)
        var otherValidators = file.header
        otherValidators.height = Height(99)
        otherValidators.validatorsDigest = .zero
        let verifier = ProofVerifier(chain: fixture.chain, trusted: otherValidators)
        #expect(failure(file.encoded, verifier) == .contradictsTrusted)
    }

    @Test("values and absence in the state are proven, and no byte of such a file can be altered")
    func state() throws {
        let value: [UInt8] = [1, 2, 3]
        let sibling = SHA256Function.digest(of: [9])
        let key = Array("key".utf8)
        let position = StateHash.position(of: key)
        let others = (0..<64 as Range<UInt8>).map { SHA256Function.digest(of: [$0]) }
        let near = try #require(others.first { ($0[0] ^ position[0]) & 0x80 == 0 })
        let far = try #require(others.first { ($0[0] ^ position[0]) & 0x80 != 0 })
        for (finding, isValid) in [
            (StateProof.Finding.value(value), true), (.nothing, true),
            (.otherKey(position: near, value: sibling), true),
            // Another key elsewhere says nothing about this one.
            (.otherKey(position: far, value: sibling), false),
        ] {
            // A tree of two parts: the finding, or the leaf that shows absence, on one side, something on the other.
            let hash =
                switch finding {
                case .value(let value): StateHash.leaf(position: position, value: StateHash.value(value))
                case .nothing: StateHash.empty
                case .otherKey(let other, let value): StateHash.leaf(position: other, value: value)
                }
            let isRight = position[0] & 0x80 != 0
            let proof = StateProof(key: key, finding: finding, siblings: [sibling])
            let root = isRight ? StateHash.inner(sibling, hash) : StateHash.inner(hash, sibling)
            let header = fixture.header(stateRoot: root)
            let file = ProofFile(
                header: header,
                certificate: try fixture.certificate(header, signers: [0, 2, 3]),
                subject: .states([proof])
            )
            let verifier = ProofVerifier(chain: fixture.chain)
            guard isValid else {
                #expect(failure(file.encoded, verifier) == .stateNotProven)
                continue
            }
            guard case .states(let rows) = try verifier.verify(file.encoded).fact else {
                Issue.record("another fact")
                continue
            }
            #expect(rows == [ProofVerifier.Row(key: key, value: finding == .value(value) ? value : nil)])
            let bytes = file.encoded
            for index in bytes.indices {
                var altered = bytes
                altered[index] ^= 1
                #expect(failure(altered, verifier) != nil, "byte \(index)")
            }
        }
    }

    @Test("paths for every size to 40 and every index lead to the root")
    func paths() throws {
        for count in 1...40 {
            let leaves = (0..<count).map { BlockTree.leaf([UInt8($0)]) }
            let root = BlockTree.root(leaves: leaves)
            for index in 0..<count {
                let path = try #require(InclusionPath(to: index, in: leaves))
                #expect(path.root(of: leaves[index]) == root)
                for flipped in 0..<UInt64(path.siblings.count) {
                    var encoder = CBOREncoder()
                    encoder.array(2)
                    encoder.unsigned(path.leftSides ^ 1 << flipped)
                    encoder.array(path.siblings.count)
                    for sibling in path.siblings { encoder.byteString(sibling) }
                    var decoder = CBORDecoder(encoder.bytes)
                    #expect(try InclusionPath(from: &decoder).root(of: leaves[index]) != root)
                }
            }
            #expect(InclusionPath(to: count, in: leaves) == nil)
        }
    }
}
