package import LedgerCrypto
package import Primitives

/// A transaction's place in the tree of its block, as RFC 9162 counts: a leaf's index, the number of leaves, and the
/// siblings on the way to the root, nearest to the leaf first.
package struct TreeEntry: Hashable, Sendable {
    package let header: Header
    package let transaction: [UInt8]
    package let index: UInt64
    package let size: UInt64
    package let path: [Digest]

    package init(header: Header, transaction: [UInt8], index: UInt64, size: UInt64, path: [Digest]) {
        self.header = header
        self.transaction = transaction
        self.index = index
        self.size = size
        self.path = path
    }
}

/// A COSE Receipt of inclusion (RFC 9942): one validator's signature over the root of a block's transactions, with the
/// way from a transaction to it, for tools of supply chains that know COSE but not Akashi.
///
/// It is one validator's word, which up to f of them may break; the proof file has a quorum's. A validator signs only for
/// blocks that it knows to be final. What it signs begins as every Sig_structure does, and so can never be taken for a
/// statement of consensus, which begins with the protocol's name.
package struct CoseReceipt: Hashable, Sendable {
    /// Labels of COSE headers and CWT claims.
    private enum Label {
        static let algorithm: UInt64 = 1
        static let key: UInt64 = 4
        static let claims: UInt64 = 15
        static let issuer: UInt64 = 1
        static let subject: UInt64 = 2
        static let issued: UInt64 = 6
        static let receipts: UInt64 = 394
        static let structure: UInt64 = 395
        static let proofs: UInt64 = 396
        static let inclusion: Int64 = -1
    }

    /// RFC9162_SHA256 in the registry of verifiable data structures.
    private static let structure: UInt64 = 1

    package static let mediaType = "application/scitt-receipt+cose"
    package static let statementMediaType = "application/scitt-statement+cose"

    /// The validator's consensus key, which is also the key id.
    package let key: PublicKey
    package let chain: Digest
    package let height: Height
    /// The block's time in seconds since 1970.
    package let time: UInt64
    package let index: UInt64
    package let size: UInt64
    package let path: [Digest]
    package let signature: Signature

    /// Signs for the block of an entry, which must be final.
    package init(_ entry: TreeEntry, signedWith signer: PrivateKey) {
        let header = entry.header
        let protected = CoseReceipt.protected(signer.publicKey, header.chain, header.height, header.time / 1000)
        let signed = CoseReceipt.signed(protected, root: header.transactionsRoot)
        key = signer.publicKey
        chain = header.chain
        height = header.height
        time = header.time / 1000
        index = entry.index
        size = entry.size
        path = entry.path
        signature = signer.sign(signed)
    }

    /// The root that follows from a transaction; nil where path, index and size do not fit together.
    package func root(of transaction: [UInt8]) -> Digest? {
        BlockTree.root(leaf: BlockTree.leaf(transaction), index: index, size: size, path: path)
    }

    /// Whether the key of the receipt signed for the tree in which the transaction stands. Whose key that is, is for the
    /// caller to know.
    package func verifies(_ transaction: [UInt8]) -> Bool {
        guard let root = root(of: transaction), let key = VerificationKey(key) else { return false }
        let protected = CoseReceipt.protected(self.key, chain, height, time)
        return key.verify(signature, over: SHA256Function.digest(of: CoseReceipt.signed(protected, root: root)))
    }

    /// A transaction with receipts in its unprotected header: what SCITT calls a transparent statement. The leaf of the
    /// tree is the transaction without them.
    package static func statement(
        _ transaction: [UInt8],
        with receipts: [CoseReceipt]
    ) throws(CBORError) -> [UInt8] {
        let sign1 = try Sign1.decode(transaction)
        var encoder = CBOREncoder(capacity: transaction.count + receipts.count * 512)
        encoder.tag(Sign1.tag)
        encoder.array(4)
        encoder.byteString(sign1.protected)
        encoder.map(1)
        encoder.unsigned(Label.receipts)
        encoder.array(receipts.count)
        for receipt in receipts { encoder.byteString(receipt.encoded) }
        encoder.byteString(sign1.payload)
        encoder.byteString(sign1.signature)
        return encoder.bytes
    }

    private static func protected(_ key: PublicKey, _ chain: Digest, _ height: Height, _ time: UInt64) -> [UInt8] {
        var encoder = CBOREncoder(capacity: 256)
        encoder.map(4)
        encoder.unsigned(Label.algorithm)
        encoder.integer(SignedTransaction.algorithm)
        encoder.unsigned(Label.key)
        encoder.byteString(key.bytes)
        encoder.unsigned(Label.claims)
        encoder.map(3)
        encoder.unsigned(Label.issuer)
        encoder.text(issuerStart + chain.hex)
        encoder.unsigned(Label.subject)
        encoder.text(subjectStart + String(height.number))
        encoder.unsigned(Label.issued)
        encoder.unsigned(time)
        encoder.unsigned(Label.structure)
        encoder.unsigned(structure)
        return encoder.bytes
    }

    private static let issuerStart = "akashi:"
    private static let subjectStart = "blocks/"

    /// RFC 9052 §4.4, with the root as the detached payload.
    private static func signed(_ protected: [UInt8], root: Digest) -> [UInt8] {
        Sign1(protected: protected, payload: root.bytes, signature: []).signatureStructure()
    }
}

// MARK: Encoding

extension CoseReceipt {
    package var encoded: [UInt8] {
        var proof = CBOREncoder(capacity: 32 + path.count * 34)
        proof.array(3)
        proof.unsigned(size)
        proof.unsigned(index)
        proof.array(path.count)
        for sibling in path { proof.byteString(sibling) }
        var encoder = CBOREncoder(capacity: 512 + path.count * 34)
        encoder.tag(Sign1.tag)
        encoder.array(4)
        encoder.byteString(CoseReceipt.protected(key, chain, height, time))
        encoder.map(1)
        encoder.unsigned(Label.proofs)
        encoder.map(1)
        encoder.integer(Label.inclusion)
        encoder.array(1)
        encoder.byteString(proof.bytes)
        encoder.null()
        encoder.byteString(signature.bytes)
        return encoder.bytes
    }

    /// Reads a receipt in the one form in which validators write it.
    package init(decoding bytes: [UInt8]) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        guard try decoder.tag() == Sign1.tag else { throw .unexpectedValue }
        try decoder.array(exactly: 4)
        (key, chain, height, time) = try CoseReceipt.readProtected(&decoder)
        try decoder.map(exactly: 1)
        try decoder.key(Label.proofs)
        try decoder.map(exactly: 1)
        guard try decoder.integer() == Label.inclusion else { throw .unexpectedValue }
        try decoder.array(exactly: 1)
        let proof = try decoder.enterByteString(atMost: .max)
        try decoder.array(exactly: 3)
        size = try decoder.unsigned()
        index = try decoder.unsigned()
        var path: [Digest] = []
        for _ in 0..<(try decoder.array(atMost: InclusionPath.greatestCount)) { path.append(try decoder.digest()) }
        self.path = path
        try decoder.leave(proof)
        try decoder.null()
        signature = try decoder.signature()
        try decoder.finish()
    }

    private static func readProtected(
        _ decoder: inout CBORDecoder
    ) throws(CBORError) -> (PublicKey, Digest, Height, UInt64) {
        let content = try decoder.enterByteString(atMost: .max)
        try decoder.map(exactly: 4)
        try decoder.key(Label.algorithm)
        guard try decoder.integer() == SignedTransaction.algorithm else { throw .unexpectedValue }
        try decoder.key(Label.key)
        let keyContent = try decoder.byteString(exactly: PublicKey.byteCount)
        guard let key = PublicKey(keyContent) else { throw .unexpectedValue }
        try decoder.key(Label.claims)
        try decoder.map(exactly: 3)
        try decoder.key(Label.issuer)
        let issuer = try decoder.text(atMost: 128)
        try decoder.key(Label.subject)
        let subject = try decoder.text(atMost: 128)
        try decoder.key(Label.issued)
        let time = try decoder.unsigned()
        try decoder.key(Label.structure)
        guard try decoder.unsigned() == structure else { throw .unexpectedValue }
        try decoder.leave(content)
        guard issuer.utf8.starts(with: issuerStart.utf8), subject.utf8.starts(with: subjectStart.utf8),
            let chain = Digest(hex: String(issuer.dropFirst(issuerStart.count))),
            let height = UInt64(subject.dropFirst(subjectStart.count))
        else { throw .unexpectedValue }
        // Numbers and digests have more than one text; what was signed is the text that is written here.
        guard Array(decoder.bytes[content]) == protected(key, chain, Height(height), time) else {
            throw .unexpectedValue
        }
        return (key, chain, Height(height), time)
    }
}
