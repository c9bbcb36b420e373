package import ContractKit
internal import Contracts
internal import LedgerCrypto
package import Primitives

/// The rows of a proof file, as a state in which a contract's question can be answered again, by somebody who has
/// nothing else of the chain.
package struct ProvenState {
    /// The header under which the rows are proven.
    package let header: Header
    private let rows: [StateKey: [UInt8]?]

    /// - Throws: `ProofError` where the file proves nothing; `stateNotProven` where it proves no rows.
    package init(_ proof: [UInt8], verifier: ProofVerifier) throws(ProofError) {
        let verified = try verifier.verify(proof)
        guard case .states(let rows) = verified.fact else { throw .stateNotProven }
        header = verified.header
        self.rows = Dictionary(rows.map { ($0.key, $0.value) }) { first, _ in first }
    }

    /// The answer that the rows give; nil where the question reads more than they are, so that they do not prove it.
    package func answer(
        contract: Identifier,
        query: Identifier,
        arguments: [UInt8]
    ) -> Result<[UInt8], ContractError>? {
        let reader = ProvenRows(rows)
        var context = ContractContext(
            host: reader.host,
            chain: header.chain,
            height: header.height,
            time: header.time,
            transaction: .zero,
            caller: .chain
        )
        let result: Result<[UInt8], ContractError>
        do throws(ContractError) {
            result = .success(
                try ContractRegistry.query(contract: contract, name: query, arguments: arguments, &context)
            )
        } catch { result = .failure(error) }
        return reader.isSufficient ? result : nil
    }
}

/// Reads proven rows, and notes when something else was wanted.
private final class ProvenRows {
    private let rows: [StateKey: [UInt8]?]
    private(set) var isSufficient = true

    init(_ rows: [StateKey: [UInt8]?]) { self.rows = rows }

    var host: HostFunctions {
        HostFunctions(
            read: { key in
                guard let row = self.rows[key] else {
                    self.isSufficient = false
                    return nil
                }
                return row
            },
            // That a range holds no further row is not shown by the rows that it does hold.
            scan: { _, _, _ in
                self.isSufficient = false
                return []
            },
            sha256: { SHA256Function.digest(of: $0) },
            verify: { key, signature, digest in
                VerificationKey(key)?.verify(signature, over: digest) ?? false
            }
        )
    }
}
