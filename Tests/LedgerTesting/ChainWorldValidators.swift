internal import ContractKit
internal import Governance
package import Ledger
internal import LedgerCrypto
package import Primitives

// Calls of the registrar that change the validators.
extension ChainWorld {
    package func rekey(_ name: String, to newName: String, height: UInt64) throws -> Call {
        var method = RekeyValidator()
        method.validator = ChainWorld.key(name).publicKey
        method.key = ChainWorld.key(newName).publicKey
        method.tlsPins = [ChainWorld.pin(of: newName)]
        method.address = Array("127.0.0.1:7300".utf8)
        method.height = Height(height)
        method.possession = report(of: newName, height: height)
        return try call(RekeyValidator.name, method.encoded())
    }

    package func report(_ name: String, height: UInt64) throws -> Call {
        var method = ReportCandidate()
        method.key = ChainWorld.key(name).publicKey
        method.tlsPins = [ChainWorld.pin(of: name)]
        method.address = Array("127.0.0.1:7400".utf8)
        method.height = Height(height)
        method.possession = report(of: name, height: height)
        return try call(ReportCandidate.name, method.encoded())
    }

    package func propose(adding candidate: String? = nil, removing validator: String? = nil) throws -> Call {
        var method = ProposeValidatorChange()
        method.change = candidate == nil ? .remove : validator == nil ? .add : .replace
        method.candidate = candidate.map { ChainWorld.key($0).publicKey }
        method.validator = validator.map { ChainWorld.key($0).publicKey }
        method.until = ChainWorld.genesisTime + 1_000_000
        return try call(ProposeValidatorChange.name, method.encoded())
    }

    package func carryOut(_ proposal: Digest) throws -> Call {
        var method = ExecuteProposal()
        method.proposal = proposal
        return try call(ExecuteProposal.name, method.encoded())
    }

    package func registrars(_ nonce: UInt64, _ calls: Call...) throws -> SignedTransaction {
        try transaction(by: "registrar", nonce: nonce, calls)
    }

    private static func pin(of name: String) -> Digest { SHA256Function.digest(of: Array(("pin of " + name).utf8)) }

    private func report(of name: String, height: UInt64) -> Signature {
        let key = ChainWorld.key(name)
        let statement = Governance.consensusKeyStatement(
            chain: chain.id,
            organisation: .constant("city"),
            key: key.publicKey,
            height: Height(height)
        )
        return key.sign(statement)
    }

    private func call(_ name: String, _ arguments: [UInt8]) -> Call {
        Call(contract: .constant(Governance.name), method: .constant(name), arguments: arguments)
    }
}
