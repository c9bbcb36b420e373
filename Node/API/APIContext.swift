package import Hummingbird
internal import HummingbirdCore
package import NIOCore

/// What a handler knows about the connection that a request came on.
package struct APIContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    package let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// The address that limits per client go by, without the port.
    var client: String { channel.remoteAddress?.ipAddress ?? "local" }
}

extension Request {
    /// The whole body, which must come within its size; of its time `RequestDeadlineHandler` takes care.
    func collectedBody(upTo byteCount: Int) async throws -> [UInt8] {
        let encoding = (headers[.contentEncoding] ?? "identity").lowercased()
        guard encoding == "identity" else {
            throw Problem(.unsupportedMediaType, "ENCODING", "a body here is sent as it is, without Content-Encoding")
        }
        if let announced = headers[.contentLength], let count = Int(announced), count > byteCount {
            throw Problem.tooLarge("a body here has at most \(byteCount) bytes")
        }
        var bytes: [UInt8] = []
        for try await part in body {
            guard bytes.count + part.readableBytes <= byteCount else {
                throw Problem.tooLarge("a body here has at most \(byteCount) bytes")
            }
            bytes.append(contentsOf: part.readableBytesView)
        }
        return bytes
    }

    /// The media type of the body, without parameters.
    var mediaType: String {
        let field = headers[.contentType] ?? ""
        return (field.split(separator: ";").first.map(String.init) ?? "").lowercased().filter { $0 != " " }
    }

    func queryValue(_ name: String) -> String? {
        uri.queryParameters[Substring(name)].map(String.init)
    }
}
