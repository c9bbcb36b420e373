package import LedgerCrypto
package import Primitives

/// What somebody wants to sign: the client's side of `SignedTransaction`.
package struct TransactionDraft: Sendable {
    package var account: AccountID
    package var chain: Digest
    package var nonce: [UInt8]
    package var validUntil: Height
    package var calls: [Call]

    /// The nonce is 8 to 32 random bytes, for instance `randomBytes(count: 16)`.
    package init(account: AccountID, chain: Digest, nonce: [UInt8], validUntil: Height, calls: [Call]) {
        self.account = account
        self.chain = chain
        self.nonce = nonce
        self.validUntil = validUntil
        self.calls = calls
    }

    /// The encoded protected header.
    package var protected: [UInt8] {
        var encoder = CBOREncoder(capacity: 96)
        encoder.raw(SignedTransaction.headerStart)
        encoder.byteString(account.digest)
        return encoder.bytes
    }

    /// The encoded payload.
    package var payload: [UInt8] {
        var encoder = CBOREncoder(capacity: 256)
        encoder.map(4)
        encoder.unsigned(1)
        encoder.byteString(chain)
        encoder.unsigned(2)
        encoder.byteString(nonce)
        encoder.unsigned(3)
        encoder.unsigned(validUntil.number)
        encoder.unsigned(4)
        encoder.array(calls.count)
        for call in calls { call.encode(into: &encoder) }
        return encoder.bytes
    }

    /// The digest to sign, which is the transaction's id.
    package var id: Digest {
        SHA256Function.digest(of: Sign1(protected: protected, payload: payload, signature: []).signatureStructure())
    }

    /// The bytes to send.
    package func signed(with key: PrivateKey) -> [UInt8] {
        let unsigned = Sign1(protected: protected, payload: payload, signature: [])
        let signature = key.sign(unsigned.signatureStructure())
        return Sign1(protected: unsigned.protected, payload: unsigned.payload, signature: signature.bytes).encode()
    }
}
