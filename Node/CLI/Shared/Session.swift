internal import AkashiClient
internal import ContractKit
internal import Contracts
internal import Foundation
internal import Ledger
internal import LedgerCrypto
internal import NodeAPI
internal import Primitives

/// A node, the chain that it must be on, and the schemas that this program was built with.
struct Session {
    let client: NodeClient
    let chain: Chain
    private let descriptions = ContractRegistry.descriptions

    /// Reads the genesis, and refuses a node with other schemas before anything is signed or shown.
    static func open(_ node: NodeOptions, _ chain: ChainOptions) async throws -> Session {
        let client = try node.client()
        let bytes: [UInt8]
        if let path = chain.path {
            bytes = try readFile(path)
        } else {
            bytes = try await client.genesis()
        }
        try await client.check(schema: ContractRegistry.schemaDigest(SHA256Function.self))
        return Session(client: client, chain: try decodeGenesis(bytes))
    }

    private init(client: NodeClient, chain: Chain) {
        self.client = client
        self.chain = chain
    }

    private func contract(_ name: String) throws(ClientError) -> ContractDescription {
        guard let contract = descriptions.first(where: { $0.name == name }) else {
            let names = descriptions.map(\.name).joined(separator: ", ")
            throw ClientError("USAGE", "there is no contract '\(name)'; there are \(names)")
        }
        return contract
    }

    // MARK: Calls

    /// One call of a method, its arguments converted by the method's schema.
    func call(_ contractName: String, _ methodName: String, _ arguments: JSONValue) throws(ClientError) -> Call {
        let contract = try contract(contractName)
        guard let method = contract.method(methodName) else {
            let names = contract.methods.map(\.name).joined(separator: ", ")
            throw ClientError("USAGE", "\(contractName) has no method '\(methodName)'; it has \(names)")
        }
        let encoded: [UInt8]
        do {
            encoded = try SchemaReading.encode(arguments, as: method.fields)
        } catch {
            throw ClientError("SCHEMA", error.message)
        }
        return Call(
            contract: try identifier(contractName),
            method: try identifier(methodName),
            arguments: encoded
        )
    }

    /// Signs calls, sends them and waits. A refusal is thrown with its code and reason.
    @discardableResult
    func send(_ calls: [Call], as key: ClientKey, _ wait: WaitOptions) async throws -> TransactionSender.Outcome {
        progress("waiting for finality…")
        let sender = TransactionSender(client: client, chain: chain)
        let outcome = try await sender.send(calls, as: key, waitSeconds: wait.seconds)
        if let seconds = wait.seconds, outcome.answer.isPending {
            throw ClientError(
                "TIMEOUT",
                "not final after \(seconds) seconds; it may still become so: akashi tx status \(outcome.id.hex)"
            )
        }
        try Session.check(outcome.answer)
        return outcome
    }

    /// Throws unless the transaction is final and took effect, or is on its way.
    static func check(_ answer: TransactionAnswer) throws(ClientError) {
        guard !answer.tookEffect, !answer.isPending else { return }
        throw ClientError(
            answer.code ?? answer.status.uppercased(),
            answer.message ?? "the transaction is \(answer.status)"
        )
    }

    // MARK: Questions

    /// Asks a contract; question and answer are converted by the query's schema.
    func ask(
        _ contractName: String,
        _ queryName: String,
        _ arguments: JSONValue = [:],
        at height: UInt64? = nil
    ) async throws -> JSONValue {
        try await askWithHeight(contractName, queryName, arguments, at: height).answer
    }

    func askWithHeight(
        _ contractName: String,
        _ queryName: String,
        _ arguments: JSONValue,
        at height: UInt64?
    ) async throws -> (answer: JSONValue, height: Height) {
        let (query, encoded) = try question(contractName, queryName, arguments)
        let result = try await client.query(contractName, queryName, encoded, at: height.map { Height($0) })
        return (try json(result.answer, as: query.answer), result.height)
    }

    /// Asks, and takes nothing but what the node proves: the question is answered again from the proven rows.
    func askProven(
        _ contractName: String,
        _ queryName: String,
        _ arguments: JSONValue,
        at height: UInt64? = nil
    ) async throws -> (answer: JSONValue, height: Height, proof: [UInt8]) {
        let (query, encoded) = try question(contractName, queryName, arguments)
        let result = try await client.query(
            contractName,
            queryName,
            encoded,
            at: height.map { Height($0) },
            wantsProof: true
        )
        guard let proof = result.proof else { throw ClientError("PROOF", "the node gave no proof") }
        let state: ProvenState
        do throws(ProofError) {
            state = try ProvenState(proof, verifier: ProofVerifier(chain: chain))
        } catch {
            throw ClientError("PROOF", error.explanation)
        }
        if let height, state.header.height.number != height {
            throw ClientError("PROOF", "the proof is of height \(state.header.height.number), not \(height)")
        }
        let answer = state.answer(
            contract: try identifier(contractName),
            query: try identifier(queryName),
            arguments: encoded
        )
        switch answer {
        case .success(let bytes)?: return (try json(bytes, as: query.answer), state.header.height, proof)
        case .failure(let error)?: throw ClientError(error.code.text, error.message)
        case nil:
            throw ClientError(
                "PROOF",
                "the answer is not proven: it rests on a range of rows, or on rows that the proof does not hold"
            )
        }
    }

    private func question(
        _ contractName: String,
        _ queryName: String,
        _ arguments: JSONValue
    ) throws(ClientError) -> (QueryDescription, [UInt8]) {
        let contract = try contract(contractName)
        guard let query = contract.query(queryName) else {
            let names = contract.queries.map(\.name).joined(separator: ", ")
            throw ClientError("USAGE", "\(contractName) has no query '\(queryName)'; it has \(names)")
        }
        let encoded: [UInt8]
        do {
            encoded = try SchemaReading.encode(arguments, as: query.fields)
        } catch {
            throw ClientError("SCHEMA", error.message)
        }
        return (query, encoded)
    }

    private func json(_ encoded: [UInt8], as fields: [FieldDescription]) throws(ClientError) -> JSONValue {
        var text = JSONText()
        SchemaWriting.write(encoded, as: fields, into: &text)
        do {
            return try JSONValue(parsing: text.bytes)
        } catch {
            throw ClientError("MALFORMED", "the node's answer cannot be read: \(error.message)")
        }
    }
}

func decodeGenesis(_ bytes: [UInt8]) throws(ClientError) -> Chain {
    do throws(CBORError) {
        return try Chain(decoding: bytes)
    } catch {
        throw ClientError("MALFORMED", "not a genesis file: \(error.explanation)")
    }
}

extension TransactionAnswer {
    /// `{"id", "status", "height", "code"}`, on which scripts of other people rely.
    func json(id: Digest) -> JSONValue {
        .object([
            "id": .hex(id), "status": .string(status), "height": .number(height), "code": .text(code),
        ])
    }
}
