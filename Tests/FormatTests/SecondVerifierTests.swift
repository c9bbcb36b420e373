import AkashiVerifier
import ChildProcess
import Foundation
import Ledger
import LedgerCrypto
import LedgerTesting
import Primitives
import SeededRandom
import Testing

/// The verifier in Swift and one that was written from docs/akashi.cddl alone, in Python, on the same files.
@Suite(.enabled(if: PythonClient.isPresent, PythonClient.absence), .timeLimit(.minutes(10)))
struct SecondVerifierTests {
    let corpus: ProofCorpus
    let verifier: Verifier

    init() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "akashi-proofs-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        corpus = try ProofCorpus(path: path)
        verifier = try Verifier(genesis: corpus.world.chain.bytes)
    }

    @Test("both verifiers accept every good file, of each kind and epoch, and read the same in it")
    func good() throws {
        let files = corpus.items.map(\.file.encoded)
        let theirs = try verdicts(files)
        for (item, (bytes, their)) in zip(corpus.items, zip(files, theirs)) {
            let own = verdict(bytes)
            #expect(own == their, "\(item.name)")
            #expect(own != nil, "\(item.name)")
        }
        let kinds = Set(try files.map { try verifier.verify($0).content.kind })
        #expect(kinds == ["transaction", "receipt", "event", "state", "absence"])
        #expect(Set(corpus.items.map(\.file.handovers.count)) == [0, 1, 2, 3])
        #expect(corpus.items.contains { !$0.file.descendants.isEmpty })
    }

    @Test(
        "both verifiers give the same verdict on altered files, and what they accept says nothing that is not so",
        arguments: 0..<2 as Range<UInt64>
    )
    func altered(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let alteration = Alteration(corpus)
        let files = (0..<2500).map { _ in alteration.file(using: &random) }
        let known = try facts()
        var (accepted, sealed, refusedForForm) = (0, 0, 0)
        for (altered, their) in zip(files, try verdicts(files.map(\.bytes))) {
            let own = verdict(altered.bytes)
            #expect(own == their, "seed \(seed), \(altered.name): \(Hex.encode(altered.bytes))")
            guard own != nil else {
                refusedForForm += altered.isSealedAnew && altered.mayVerify ? 1 : 0
                continue
            }
            sealed += altered.isSealedAnew ? 1 : 0
            accepted += altered.isSealedAnew ? 0 : 1
            #expect(altered.mayVerify, "seed \(seed), \(altered.name): \(Hex.encode(altered.bytes))")
            guard !altered.isSealedAnew else { continue }
            let statement = try verifier.verify(altered.bytes)
            #expect(known.isSuperset(of: Fact.all(in: statement)), "seed \(seed), \(altered.name)")
        }
        // Such as files with a smaller certificate or a row less, which are others' proofs of the same; and of those
        // that a quorum signed, many whose form is still one and many whose form is not.
        #expect(accepted > 50 && sealed > 50 && refusedForForm > 250, "\(accepted), \(sealed), \(refusedForForm)")
    }

    @Test("both verifiers draw every edge of the description at the same place")
    func edges() throws {
        let files = try EdgeCases(corpus).files
        var accepted = 0
        for (file, their) in zip(files, try verdicts(files.map(\.bytes))) {
            let own = verdict(file.bytes)
            #expect(own == their, "\(file.name)")
            accepted += own == nil ? 0 : 1
        }
        #expect(accepted > 25 && files.count - accepted > 120, "\(accepted) of \(files.count)")
    }

    private func facts() throws -> Set<Fact> {
        Set(try corpus.items.flatMap { Fact.all(in: try verifier.verify($0.file.encoded)) })
    }

    /// What a file proves, in one line, nil where it proves nothing.
    private func verdict(_ bytes: [UInt8]) -> String? {
        guard let statement = try? verifier.verify(bytes) else { return nil }
        let block = "\(statement.epoch) \(statement.height) \(statement.time)"
        switch statement.content {
        case .transaction(let transaction, let receipt):
            return "\(block) transaction \(Hex.encode(transaction.id)) \(Hex.encode(receipt.bytes))"
        case .receipt(let receipt): return "\(block) receipt \(Hex.encode(receipt.bytes))"
        case .event(let index, let receipt): return "\(block) event \(index) \(Hex.encode(receipt.bytes))"
        case .state(let rows):
            let texts = rows.map { Hex.encode($0.key) + "=" + ($0.value.map { Hex.encode($0) } ?? "absent") }
            return "\(block) state \(texts.joined(separator: " "))"
        }
    }

    /// The other verifier's lines, in one run of it.
    private func verdicts(_ files: [[UInt8]]) throws -> [String?] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "akashi-files-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (genesis, input) = (folder.appending(path: "genesis"), folder.appending(path: "files"))
        try Data(corpus.world.chain.bytes).write(to: genesis)
        try Data(CBORValue.array(files.map { .byteString($0) }).encoded).write(to: input)
        let process = Process()
        process.executableURL = URL(filePath: PythonEnvironment.python)
        let script = PythonClient.root.appending(path: "Tests/FormatTests/Interop/verify_proof.py").path
        process.arguments = [script, genesis.path]
        let output = Pipe()
        process.standardInput = try FileHandle(forReadingFrom: input)
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        let lines = text.split(separator: "\n")
        try #require(lines.count == files.count, "the script failed; its reason is on standard error")
        return try lines.map { line in
            if line.hasPrefix("verified ") { return String(line.dropFirst(9)) }
            try #require(line.hasPrefix("refused: "))
            return nil
        }
    }
}

/// One thing that a statement says, as small as it can be said.
private struct Fact: Hashable {
    let header: [UInt8]
    let kind: String
    let bytes: [UInt8]
    let value: [UInt8]?

    static func all(in statement: ProvenStatement) -> [Fact] {
        func fact(_ kind: String, _ bytes: [UInt8], _ value: [UInt8]? = nil) -> Fact {
            Fact(header: statement.headerDigest, kind: kind, bytes: bytes, value: value)
        }
        switch statement.content {
        case .transaction(let transaction, let receipt):
            return [fact("transaction", transaction.bytes), fact("receipt", receipt.bytes)]
        case .receipt(let receipt): return [fact("receipt", receipt.bytes)]
        case .event(let index, let receipt):
            return [fact("receipt", receipt.bytes), fact("event \(index)", receipt.bytes)]
        case .state(let rows): return rows.map { fact("row", $0.key, $0.value) }
        }
    }
}
