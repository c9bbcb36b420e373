import Ledger
import LedgerCrypto
import LedgerTesting
import Primitives

/// Proof files at the edges of what the description allows, signed by the validators' own keys: whether one is accepted
/// hangs on its form alone.
struct EdgeCases {
    let files: [(name: String, bytes: [UInt8])]

    init(_ corpus: ProofCorpus) throws {
        var files: [(name: String, bytes: [UInt8])] = []
        for item in corpus.items where item.file.handovers.isEmpty && item.file.header.height == Height(2) {
            guard case .inclusion(let inclusion) = item.file.subject else { continue }
            for (name, receipt) in try EdgeCases.receipts(CBORValue(decoding: inclusion.receipt)) {
                let path = inclusion.receiptPath
                var header = item.file.header
                header.receiptsRoot = path.root(of: BlockTree.leaf(receipt))
                let subject = ProofFile.Subject.receipt(ProofFile.ReceiptInclusion(receipt: receipt, path: path))
                files.append((name, try corpus.sealed(header, subject)))
            }
            for (name, transaction) in try EdgeCases.transactions(inclusion.transaction) {
                files.append((name, try corpus.sealed(transaction, inclusion, item.file.header)))
            }
            break
        }
        self.files = files
    }

    // MARK: Receipts

    private static func receipts(_ good: CBORValue) throws -> [(String, [UInt8])] {
        func with(_ key: UInt64, _ value: CBORValue) -> [UInt8] { good.setting(key, to: value).encoded }
        func event(_ contract: String, _ fields: CBORValue) -> CBORValue {
            .array([.text(contract), .text("happened"), .unsigned(1), fields])
        }
        func record(_ value: CBORValue) -> CBORValue { .map([.init(.unsigned(1), value)]) }
        func nested(_ depth: Int) -> CBORValue { (1..<depth).reduce(.map([])) { inner, _ in record(inner) } }
        func mixed(_ depth: Int) -> CBORValue { record((2..<depth).reduce(.array([])) { inner, _ in .array([inner]) }) }
        let texts = [
            "a", "-", "a-123456", "a-1234567", "123456-7", String(repeating: "a", count: 64),
            String(repeating: "a", count: 65), "", "A", "a b", "a\n", "é",
        ]
        let values: [CBORValue] = [
            .null, .boolean(false), .unsigned(.max), .negative(0), .negative(.max), .text("é\u{0}"), .byteString([]),
            .tagged(2, .byteString([1])), .tagged(1, .unsigned(1)), .map([.init(.text("a"), .null)]),
            .map([.init(.negative(0), .null)]), .map([.init(.byteString([1]), .null)]),
            .array([.tagged(0, .text("a"))]),
        ]
        var receipts: [(String, [UInt8])] = [("good", good.encoded)]
        receipts += texts.map { ("contract '\($0)'", with(5, .array([event($0, record(.null))]))) }
        receipts += values.map { ("value \($0)", with(5, .array([event("a", record($0))]))) }
        receipts += (15...17).flatMap { depth in
            [nested(depth), mixed(depth)].map { ("depth \(depth)", with(5, .array([event("a", $0)]))) }
        }
        receipts += values.map { ("fields \($0)", with(5, .array([event("a", $0)]))) }
        receipts += [0, 1, 14, 15, 63, 64, 73, 74, .max].flatMap { (code: UInt64) -> [(String, [UInt8])] in
            [[.unsigned(code)], [.unsigned(code), .text("é")], [.unsigned(code), .null]].map {
                ("outcome \(code)", with(4, .array($0)))
            }
        }
        receipts += [200, 201].map {
            (
                "message \($0)",
                with(
                    4,
                    .array([.unsigned(1), .text(String(repeating: "é", count: $0 / 2) + ($0 % 2 == 0 ? "" : "a"))])
                )
            )
        }
        receipts += (1...6).flatMap { key in values.map { ("key \(key)", with(key, $0)) } }
        receipts += [10_000, 10_001].map { count in
            ("\(count) events", with(5, .array(Array(repeating: event("a", .map([])), count: count))))
        }
        return receipts
    }

    // MARK: Transactions

    private static func transactions(_ good: [UInt8]) throws -> [(String, [UInt8])] {
        let sign1 = try Sign1.decode(good)
        let (header, payload) = (try CBORValue(decoding: sign1.protected), try CBORValue(decoding: sign1.payload))
        func message(
            _ header: CBORValue,
            _ payload: CBORValue,
            signature: [UInt8]? = nil,
            unprotected: CBORValue = .map([]),
            tag: UInt64 = 18
        ) -> [UInt8] {
            CBORValue.tagged(
                tag,
                .array([
                    .byteString(header.encoded), unprotected, .byteString(payload.encoded),
                    .byteString(signature ?? sign1.signature),
                ])
            ).encoded
        }
        let call = CBORValue.array([.text("a"), .text("b"), .map([])])
        var transactions: [(String, [UInt8])] = [
            ("good", good), ("another tag", message(header, payload, tag: 17)),
            ("unprotected", message(header, payload, unprotected: .map([.init(.unsigned(4), .null)]))),
            ("high s", message(header, payload, signature: try highSTwin(of: signature(sign1)).bytes)),
            ("zero s", message(header, payload, signature: Array(repeating: 0, count: 64))),
            ("short signature", message(header, payload, signature: Array(repeating: 1, count: 63))),
            ("another algorithm", message(header.setting(1, to: .negative(6)), payload)),
            ("another type", message(header.setting(3, to: .text("application/cbor")), payload)),
            ("a header more", message(header.setting(5, to: .null), payload)),
            ("a field more", message(header, payload.setting(5, to: .null))),
        ]
        transactions += [7, 8, 32, 33].map { count in
            ("nonce \(count)", message(header, payload.setting(2, to: .byteString(Array(repeating: 1, count: count)))))
        }
        transactions += [0, 1, 256, 257].map { count in
            ("\(count) calls", message(header, payload.setting(4, to: .array(Array(repeating: call, count: count)))))
        }
        transactions += [(1 << 20) - 400, 1 << 20].map { count in
            let large = CBORValue.map([.init(.unsigned(1), .byteString(Array(repeating: 1, count: count)))])
            let calls = CBORValue.array([.array([.text("a"), .text("b"), large])])
            return ("\(count) bytes", message(header, payload.setting(4, to: calls)))
        }
        return transactions
    }

    private static func signature(_ message: Sign1) -> Signature {
        guard let signature = Signature(message.signature) else { preconditionFailure("a good transaction") }
        return signature
    }
}

extension ProofCorpus {
    fileprivate func sealed(_ header: Header, _ subject: ProofFile.Subject) throws -> [UInt8] {
        let certificate = try world.certificate(header, by: validatorNames[0])
        return ProofFile(header: header, certificate: certificate, subject: subject).encoded
    }

    /// With a receipt that names the transaction, whatever that is.
    fileprivate func sealed(_ transaction: [UInt8], _ good: ProofFile.Inclusion, _ header: Header) throws -> [UInt8] {
        var header = header
        var id = Digest.zero
        if case .tagged(_, .array(let parts)) = try CBORValue(decoding: transaction),
            case .byteString(let protected) = parts[0], case .byteString(let payload) = parts[2]
        {
            let message = Sign1(protected: protected, payload: payload, signature: [])
            id = SHA256Function.digest(of: message.signatureStructure())
        }
        let receipt = try CBORValue(decoding: good.receipt).setting(1, to: .byteString(id.bytes)).encoded
        header.transactionsRoot = good.transactionPath.root(of: BlockTree.leaf(transaction))
        header.receiptsRoot = good.receiptPath.root(of: BlockTree.leaf(receipt))
        let inclusion = ProofFile.Inclusion(
            transaction: transaction,
            receipt: receipt,
            transactionPath: good.transactionPath,
            receiptPath: good.receiptPath
        )
        return try sealed(header, .inclusion(inclusion))
    }
}

extension CBORValue {
    /// The map with another value under a key, or with one entry more.
    fileprivate func setting(_ key: UInt64, to value: CBORValue) -> CBORValue {
        guard case .map(let pairs) = self else { return self }
        return .map(pairs.filter { $0.key != .unsigned(key) } + [Pair(.unsigned(key), value)])
    }
}
