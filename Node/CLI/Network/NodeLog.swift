internal import Foundation
internal import Logging
internal import NodeAPI
internal import Synchronization

/// The level of all loggers of the process, changeable while it runs.
final class LogLevel: Sendable {
    private let level: Mutex<Logger.Level>

    init(_ level: Logger.Level) { self.level = Mutex(level) }

    var current: Logger.Level {
        get { level.withLock { $0 } }
        set { level.withLock { $0 = newValue } }
    }
}

/// Writes log lines to standard error: text for people on a terminal, one JSON document per line for everything else.
struct NodeLog: LogHandler {
    enum Format: Sendable { case text, json }

    let label: String
    let format: Format
    let shared: LogLevel
    var metadata: Logger.Metadata = [:]

    /// The level is the process's, so that a signal changes it everywhere at once.
    var logLevel: Logger.Level {
        get { shared.current }
        set { shared.current = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let merged = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let time = Date().ISO8601Format(.iso8601(timeZone: .gmt, includingFractionalSeconds: true))
        let fields = merged.sorted { $0.key < $1.key }
        switch format {
        case .text:
            let suffix = fields.map { " \($0.key)=\($0.value)" }.joined()
            standardError("\(time) \(event.level.rawValue) \(event.message)\(suffix)")
        case .json:
            var text = JSONText()
            text.object { text in
                text.member("time", time)
                text.member("level", event.level.rawValue)
                text.member("logger", label)
                text.member("message", event.message.description)
                for (name, value) in fields { text.member(name, value.description) }
            }
            standardError(String(decoding: text.bytes, as: UTF8.self))
        }
    }
}
