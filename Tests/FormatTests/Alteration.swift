import Ledger
import LedgerCrypto
import LedgerTesting
import Primitives
import SeededRandom

/// Makes altered proof files out of good ones: bytes, fields, structures, and files that validators could have signed.
struct Alteration {
    struct Altered {
        let name: String
        let bytes: [UInt8]
        /// Whether it is another file that proves what is so, as well as one that proves nothing.
        let mayVerify: Bool
        /// Signed by the validators' own keys after it was altered: what no quorum of correct ones would do.
        let isSealedAnew: Bool

        init(_ name: String, _ bytes: [UInt8], mayVerify: Bool = false, isSealedAnew: Bool = false) {
            self.name = name
            self.bytes = bytes
            self.mayVerify = mayVerify
            self.isSealedAnew = isSealedAnew
        }
    }

    private let corpus: ProofCorpus
    private let encoded: [[UInt8]]

    init(_ corpus: ProofCorpus) {
        self.corpus = corpus
        encoded = corpus.items.map(\.file.encoded)
    }

    func file(using random: inout SplitMix64) -> Altered {
        let index = Int.random(in: 0..<encoded.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return bytes(of: index, using: &random)
        case 1, 2: return fields(of: index, using: &random)
        case 3: return parts(of: corpus.items[index].file, using: &random)
        default: return sealedAnew(corpus.items[index].file, using: &random)
        }
    }

    // MARK: Bytes

    private func bytes(of index: Int, using random: inout SplitMix64) -> Altered {
        var bytes = encoded[index]
        for _ in 0..<Int.random(in: 1...2, using: &random) { Alteration.alter(&bytes, using: &random) }
        return Altered("bytes of \(corpus.items[index].name)", bytes, mayVerify: bytes == encoded[index])
    }

    static func alter(_ bytes: inout [UInt8], using random: inout SplitMix64) {
        guard !bytes.isEmpty else { return bytes.append(UInt8.random(in: .min ... .max, using: &random)) }
        let position = Int.random(in: 0..<bytes.count, using: &random)
        let byte = UInt8.random(in: .min ... .max, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: bytes[position] = byte
        case 3: bytes.remove(at: position)
        case 4: bytes.insert(byte, at: position)
        default: bytes.removeSubrange(position...)
        }
    }

    // MARK: Fields

    /// One item somewhere in the structure is another one; also inside byte strings that hold a structure themselves.
    private func fields(of index: Int, using random: inout SplitMix64) -> Altered {
        guard var value = try? CBORValue(decoding: encoded[index]) else { return Altered("nothing", []) }
        var donor = (try? CBORValue(decoding: encoded[Int.random(in: 0..<encoded.count, using: &random)])) ?? .null
        while Int.random(in: 0..<4, using: &random) > 0, let part = donor.parts.randomElement(using: &random) {
            donor = part
        }
        value.alter(with: donor, using: &random)
        let bytes = value.encoded
        return Altered("fields of \(corpus.items[index].name)", bytes, mayVerify: true)
    }

    // MARK: Parts

    /// Whole parts left out, repeated, or taken from another file.
    private func parts(of file: ProofFile, using random: inout SplitMix64) -> Altered {
        let other = corpus.items[Int.random(in: 0..<corpus.items.count, using: &random)].file
        var handovers = file.handovers
        var (header, descendants, certificate, subject) = (
            file.header, file.descendants, file.certificate, file.subject
        )
        let choice = Int.random(in: 0..<9, using: &random)
        switch choice {
        case 0: handovers = other.handovers
        case 1: if !handovers.isEmpty { handovers.remove(at: Int.random(in: 0..<handovers.count, using: &random)) }
        case 2: header = other.header
        case 3: descendants = other.descendants
        case 4: certificate = other.certificate
        case 5: subject = other.subject
        case 6: certificate = certificate.keeping(Int.random(in: 2...4, using: &random))
        case 7: subject = subject.altered(using: &random)
        default: (header, certificate, descendants) = (other.header, other.certificate, other.descendants)
        }
        let altered = ProofFile(
            handovers: handovers,
            header: header,
            descendants: descendants,
            certificate: certificate,
            subject: subject
        )
        return Altered("part \(choice)", altered.encoded, mayVerify: true)
    }

    // MARK: Under the validators' own keys

    /// The leaf of a tree is altered, and the root, the header and the certificate are made anew: whether the file is
    /// accepted hangs on its form alone.
    private func sealedAnew(_ file: ProofFile, using random: inout SplitMix64) -> Altered {
        var header = file.header
        var subject = file.subject
        switch subject {
        case .inclusion(let inclusion):
            let isReceipt = Bool.random(using: &random)
            let transaction = isReceipt ? inclusion.transaction : altered(inclusion.transaction, using: &random)
            let receipt = isReceipt ? altered(inclusion.receipt, using: &random) : inclusion.receipt
            header.transactionsRoot = inclusion.transactionPath.root(of: BlockTree.leaf(transaction))
            header.receiptsRoot = inclusion.receiptPath.root(of: BlockTree.leaf(receipt))
            subject = .inclusion(
                ProofFile.Inclusion(
                    transaction: transaction,
                    receipt: receipt,
                    transactionPath: inclusion.transactionPath,
                    receiptPath: inclusion.receiptPath
                )
            )
        case .receipt(let inclusion):
            subject = .receipt(resealed(inclusion, &header, using: &random))
        case .event(let digest, let inclusion):
            subject = .event(digest: digest, resealed(inclusion, &header, using: &random))
        case .states: alter(&header, using: &random)
        }
        if Int.random(in: 0..<8, using: &random) == 0 { alter(&header, using: &random) }
        let names = corpus.validatorNames[file.handovers.count]
        let count = Int.random(in: 2...4, using: &random)
        guard let certificate = try? corpus.world.certificate(header, by: names, signerCount: count) else {
            return Altered("nothing", [])
        }
        let altered = ProofFile(
            handovers: file.handovers,
            header: header,
            certificate: certificate,
            subject: subject
        )
        return Altered("sealed anew", altered.encoded, mayVerify: count > 2, isSealedAnew: true)
    }

    private func resealed(
        _ inclusion: ProofFile.ReceiptInclusion,
        _ header: inout Header,
        using random: inout SplitMix64
    ) -> ProofFile.ReceiptInclusion {
        let receipt = altered(inclusion.receipt, using: &random)
        header.receiptsRoot = inclusion.path.root(of: BlockTree.leaf(receipt))
        return ProofFile.ReceiptInclusion(receipt: receipt, path: inclusion.path)
    }

    private func altered(_ bytes: [UInt8], using random: inout SplitMix64) -> [UInt8] {
        if Bool.random(using: &random), var value = try? CBORValue(decoding: bytes) {
            let donors: [CBORValue] = [
                .null, .boolean(true), .unsigned(0), .unsigned(.max), .unsigned(8), .negative(0), .negative(.max),
                .text(""), .text("a-1234567"), .text("ä"), .byteString([]), .array([]), .map([]),
                .map([.init(.unsigned(0), .map([.init(.unsigned(1), .array([.null, .map([])]))]))]),
                .map([.init(.text("a"), .null)]), .map([.init(.negative(0), .null)]), .tagged(1, .unsigned(1)),
                .map([.init(.unsigned(1), .tagged(18, .array([])))]),
                (0..<15).reduce(CBORValue.map([])) { inner, _ in .map([.init(.unsigned(1), inner)]) },
                (0..<16).reduce(CBORValue.map([])) { inner, _ in .map([.init(.unsigned(1), inner)]) },
                (0..<15).reduce(CBORValue.array([])) { inner, _ in .array([inner]) },
            ]
            value.alter(with: donors.randomElement(using: &random) ?? .null, using: &random)
            return value.encoded
        }
        var altered = bytes
        Alteration.alter(&altered, using: &random)
        return altered
    }

    private func alter(_ header: inout Header, using random: inout SplitMix64) {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: header.epoch = UInt64.random(in: 0...5, using: &random)
        case 1: header.height = Height(UInt64.random(in: 0...30, using: &random))
        case 2: header.chain = .zero
        case 3: header.proposer = Bool.random(using: &random) ? nil : .max
        case 4: header.validatorsDigest = .zero
        case 5: header.nextValidatorsDigest = .zero
        case 6: header.time = .max
        default: header.stateRoot = .zero
        }
    }
}

extension Certificate {
    /// The first so many attestations.
    fileprivate func keeping(_ count: Int) -> Certificate {
        Certificate(epoch: epoch, headerDigest: headerDigest, attestations: Array(entries.prefix(count))) ?? self
    }
}

extension ProofFile.Subject {
    /// Less than was proven, or the same otherwise.
    fileprivate func altered(using random: inout SplitMix64) -> ProofFile.Subject {
        switch self {
        case .inclusion(let inclusion):
            return .receipt(ProofFile.ReceiptInclusion(receipt: inclusion.receipt, path: inclusion.receiptPath))
        case .receipt(let inclusion):
            return .event(digest: SHA256Function.digest(of: inclusion.receipt), inclusion)
        case .event(_, let inclusion): return .receipt(inclusion)
        case .states(let proofs):
            var proofs = proofs
            proofs.shuffle(using: &random)
            if proofs.count > 1, Bool.random(using: &random) { proofs.removeLast() } else { proofs.append(proofs[0]) }
            return .states(proofs)
        }
    }
}

extension CBORValue {
    fileprivate var parts: [CBORValue] {
        switch self {
        case .array(let elements): elements
        case .map(let pairs): pairs.map(\.value)
        case .tagged(_, let value): [value]
        case .byteString(let bytes): (try? CBORValue(decoding: bytes)).map { [$0] } ?? []
        default: []
        }
    }

    /// Goes down to some item, and alters it, or puts another one in its place.
    fileprivate mutating func alter(with donor: CBORValue, using random: inout SplitMix64) {
        guard !parts.isEmpty, Int.random(in: 0..<8, using: &random) > 0 else {
            return self = altered(with: donor, using: &random)
        }
        switch self {
        case .array(var elements):
            elements[Int.random(in: 0..<elements.count, using: &random)].alter(with: donor, using: &random)
            self = .array(elements)
        case .map(var pairs):
            let index = Int.random(in: 0..<pairs.count, using: &random)
            var value = pairs[index].value
            value.alter(with: donor, using: &random)
            pairs[index] = Pair(pairs[index].key, value)
            self = .map(pairs)
        case .tagged(let tag, var value):
            value.alter(with: donor, using: &random)
            self = .tagged(tag, value)
        case .byteString(let bytes):
            guard var inner = try? CBORValue(decoding: bytes) else { return }
            inner.alter(with: donor, using: &random)
            self = .byteString(inner.encoded)
        default: self = altered(with: donor, using: &random)
        }
    }

    private func altered(with donor: CBORValue, using random: inout SplitMix64) -> CBORValue {
        guard Int.random(in: 0..<3, using: &random) > 0 else { return donor }
        switch self {
        case .unsigned(let number):
            return .unsigned(
                Bool.random(using: &random) ? number &+ 1 : number ^ 1 << UInt64.random(in: 0..<64, using: &random)
            )
        case .byteString(var bytes):
            Alteration.alter(&bytes, using: &random)
            return .byteString(bytes)
        case .array(var elements):
            if elements.isEmpty || Bool.random(using: &random) {
                elements.insert(donor, at: Int.random(in: 0...elements.count, using: &random))
            } else {
                elements.remove(at: Int.random(in: 0..<elements.count, using: &random))
            }
            return .array(elements)
        case .map(var pairs):
            if pairs.isEmpty || Bool.random(using: &random) {
                pairs.append(Pair(.unsigned(UInt64.random(in: 0..<20, using: &random)), donor))
            } else {
                pairs.remove(at: Int.random(in: 0..<pairs.count, using: &random))
            }
            return .map(pairs)
        case .text(let text):
            return .text(Bool.random(using: &random) ? text + "-1234567" : String(text.dropFirst()))
        default: return donor
        }
    }
}
