internal import AkashiClient
internal import ArgumentParser
internal import Foundation
internal import Ledger
internal import Primitives

/// Reads a setting from the environment; empty counts as not set.
func environment(_ name: String) -> String? {
    guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else { return nil }
    return value
}

/// Which node to talk to.
struct NodeOptions: ParsableArguments {
    @Option(
        name: .customLong("node"),
        help: ArgumentHelp(
            "The node's address, several with commas: the next is tried when one does not answer.",
            discussion: "Default: $AKASHI_NODE, or http://127.0.0.1:7100.",
            valueName: "url"
        )
    )
    var node: String?

    var urls: [String] {
        (node ?? environment("AKASHI_NODE") ?? "http://127.0.0.1:7100").split(separator: ",").map(String.init)
    }

    func client() throws -> NodeClient { try NodeClient(urls) }
}

/// Which chain it is: the genesis file that its participants agreed on.
struct ChainOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The genesis file. Without it the node's own is believed.",
            discussion: "Default: $AKASHI_GENESIS.",
            valueName: "file"
        )
    )
    var genesis: String?

    var path: String? { genesis ?? environment("AKASHI_GENESIS") }
}

/// Who signs.
struct SignerOptions: ParsableArguments {
    @OptionGroup var store: KeyStoreOptions

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("The name of the key that signs. Default: $AKASHI_AS.", valueName: "name")
    )
    var signer: String?

    func key() throws -> ClientKey {
        guard let name = signer ?? environment("AKASHI_AS") else {
            throw ClientError("USAGE", "say whose key signs with --as NAME")
        }
        return try store.open().open(identifier(name))
    }
}

struct OutputOptions: ParsableArguments {
    @Flag(help: "Print one JSON document.")
    var json = false
}

/// How long to wait for finality.
struct WaitOptions: ParsableArguments {
    @Flag(name: .customLong("no-wait"), help: "Return as soon as the node has taken the transaction.")
    var noWait = false

    @Option(help: ArgumentHelp("How many seconds to wait for finality.", valueName: "seconds"))
    var timeout = 30

    func validate() throws {
        guard (1...600).contains(timeout) else { throw ValidationError("--timeout is 1 to 600 seconds") }
    }

    var seconds: Int? { noWait ? nil : timeout }
}

// MARK: Words

func identifier(_ text: String) throws(ClientError) -> Identifier {
    guard let identifier = Identifier(text) else {
        throw ClientError("USAGE", "'\(text)' is not a name: a-z, 0-9 and -, at most 64, without seven digits in a row")
    }
    return identifier
}

func digest(_ text: String, _ what: String) throws(ClientError) -> Digest {
    guard let digest = Digest(hex: text) else {
        throw ClientError("USAGE", "\(what) is 64 lower-case hexadecimal digits, unlike '\(text)'")
    }
    return digest
}

/// Milliseconds since 1970.
func wallClock() -> UInt64 {
    UInt64(max(0, Date().timeIntervalSince1970 * 1000))
}

func readFile(_ path: String, atMost limit: Int = 256 << 20) throws(ClientError) -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
        throw ClientError("FILE", "\(path) cannot be read")
    }
    guard data.count <= limit else { throw ClientError("FILE", "\(path) has more than \(limit) bytes") }
    return Array(data)
}

func writeFile(_ bytes: [UInt8], to path: String) throws(ClientError) {
    do {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
        throw ClientError("FILE", "\(path) cannot be written")
    }
}
