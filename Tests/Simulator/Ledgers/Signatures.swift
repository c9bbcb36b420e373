import Consensus
import LedgerCrypto
import Primitives

/// Who signs what. Where the ledger is a model, signatures are tokens; where it is real they are made with the product's
/// keys, so that certificates and proofs mean something to an outsider.
///
/// Signing is deterministic (RFC 6979), so a signature is good if it is the one that its signer would make.
final class Signatures {
    private struct Entry: Hashable {
        let statement: Statement
        let key: ReplicaID
    }

    private let areReal: Bool
    private var keys: [ReplicaID: PrivateKey] = [:]
    private var known: [Entry: Signature] = [:]

    init(areReal: Bool) { self.areReal = areReal }

    func signature(of statement: Statement, by key: ReplicaID) -> Signature {
        guard areReal else { return Tokens.signature(of: statement, by: key) }
        let entry = Entry(statement: statement, key: key)
        if let signature = known[entry] { return signature }
        let signature = privateKey(key).sign(statement.encoded)
        known[entry] = signature
        return signature
    }

    func isValid(_ check: SignatureCheck, of members: Members) -> Bool {
        guard let member = members.member(check.signer) else { return false }
        return signature(of: check.statement, by: member.key) == check.signature
    }

    func areValid(_ checks: [SignatureCheck], of members: Members) -> Bool {
        checks.allSatisfy { isValid($0, of: members) }
    }

    /// The key of a number, the same in every run.
    func privateKey(_ number: ReplicaID) -> PrivateKey {
        if let key = keys[number] { return key }
        let key = SimulatedKey.named("validator \(number.index)")
        keys[number] = key
        return key
    }
}

/// Keys that follow from names.
enum SimulatedKey {
    static func named(_ name: String) -> PrivateKey {
        guard let key = PrivateKey(bytes: SHA256Function.digest(of: Array(name.utf8)).bytes) else {
            preconditionFailure("a digest is a key")
        }
        return key
    }
}
