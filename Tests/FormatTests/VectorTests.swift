import ChildProcess
import Foundation
import Ledger
import LedgerTesting
import Primitives
import Testing

/// The files by which AkashiVerifierTests measures the verifier, and the program that embeds it.
@Suite struct VectorTests {
    static let folder = PythonEnvironment.root.appending(path: "Tests/AkashiVerifierTests/Vectors")
    static let isWriting = ProcessInfo.processInfo.environment["AKASHI_WRITE_REFERENCE"] == "1"

    /// They stay as they are while the format does, whatever else changes in the chain that they are of: proofs that
    /// were once handed out verify with every later version.
    @Test(
        "the verifier's test files are written anew",
        .enabled(if: isWriting, "AKASHI_WRITE_REFERENCE=1 writes them, for a new version of the format")
    )
    func files() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "akashi-vectors-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        for (name, bytes) in try files(of: try ProofCorpus(path: path)) {
            try Data(bytes).write(to: VectorTests.folder.appending(path: name))
        }
    }

    /// Of each kind the last one that there is, all of them in the last epoch.
    private func files(of corpus: ProofCorpus) throws -> [(String, [UInt8])] {
        func last(_ name: String, where isWanted: (ProofFile) -> Bool = { $0.descendants.isEmpty }) throws -> ProofFile
        {
            let item = corpus.items.last { item in
                item.name.split(separator: " ")[1] == name && item.file.handovers.count == 3 && isWanted(item.file)
            }
            return try #require(item).file
        }
        let transaction = try last("transaction")
        var rewritten = transaction.header
        rewritten.stateRoot = .zero
        let kinds = try ["receipt", "event", "value", "absence", "rows"].map { ($0 + ".proof", try last($0).encoded) }
        return [
            ("genesis", corpus.world.chain.bytes), ("transaction.proof", transaction.encoded),
            ("descendant.proof", try last("receipt") { !$0.descendants.isEmpty }.encoded),
            ("trusted.header", transaction.header.encoded), ("rewritten.header", rewritten.encoded),
        ] + kinds
    }

    @Test("a program that embeds the verifier carries no storage, no network and no Foundation")
    func embedded() throws {
        let program = try #require(VectorTests.program)
        let genesis = VectorTests.folder.appending(path: "genesis").path
        let good = try run([program, genesis, VectorTests.folder.appending(path: "event.proof").path])
        #expect(good.output.hasPrefix("verified: event at height ") && good.status == 0)
        let bad = try run([program, genesis, genesis])
        #expect(bad.output.hasPrefix("refused by the check of the form: ") && bad.status == 1)
        let libraries = try run(["/usr/bin/ldd", program]).output
        #expect(libraries.contains("libsecp256k1") && libraries.contains("libcrypto"))
        for name in ["Foundation", "rocksdb", "libssl", "sqlite"] {
            #expect(!libraries.contains(name), "\(name)")
        }
    }

    private static let program: String? = {
        let own = CommandLine.arguments.first.map { URL(filePath: $0).deletingLastPathComponent().path } ?? "."
        let root = PythonEnvironment.root.path
        return [own, Bundle.main.bundlePath, root + "/.build/release", root + "/.build/debug"]
            .map { $0 + "/embedded-verifier" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    private func run(_ arguments: [String]) throws -> (output: String, status: Int32) {
        let process = Process()
        process.executableURL = URL(filePath: arguments[0])
        process.arguments = Array(arguments.dropFirst())
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return (text, process.terminationStatus)
    }
}
