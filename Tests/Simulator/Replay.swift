import Foundation

/// What somebody needs to see a failure again: the seed, what the schedule was chosen by, and the sources.
package struct Replay: Sendable, CustomStringConvertible {
    let seed: UInt64
    let settings: [String]

    /// - Parameter settings: as the command takes them, for instance `REPLICAS=7`.
    package init(seed: UInt64, settings: [String] = []) {
        self.seed = seed
        self.settings = settings
    }

    package var description: String {
        let words = ["TRACE=1", "SEED=\(seed)"] + settings + ["simulate"]
        return "seed \(seed) of commit \(Replay.commit ?? "unknown"), again by: \(words.joined(separator: " "))"
    }

    /// The commit that the sources beside this file are of, changes in the working tree aside.
    package static let commit: String? = {
        var folder = URL(filePath: #filePath)
        repeat {
            folder.deleteLastPathComponent()
            if let commit = commit(of: folder.appending(path: ".git")) { return commit }
        } while folder.path.count > 1
        return nil
    }()

    private static func commit(of git: URL) -> String? {
        var git = git
        // In a second working tree it is a file that names the directory.
        if let pointer = text(git), pointer.hasPrefix("gitdir: ") { git = URL(filePath: String(pointer.dropFirst(8))) }
        guard let head = text(git.appending(path: "HEAD")) else { return nil }
        guard head.hasPrefix("ref: ") else { return short(head) }
        let reference = String(head.dropFirst(5))
        var homes = [git]
        if let common = text(git.appending(path: "commondir")) { homes.append(git.appending(path: common)) }
        for home in homes {
            if let commit = text(home.appending(path: reference)) { return short(commit) }
            let packed = text(home.appending(path: "packed-refs"))?.split(separator: "\n") ?? []
            if let line = packed.first(where: { $0.hasSuffix(" " + reference) }) { return short(String(line)) }
        }
        return nil
    }

    private static func short(_ commit: String) -> String { String(commit.prefix(12)) }

    private static func text(_ file: URL) -> String? {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
