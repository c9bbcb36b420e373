package import NodeRuntime

/// The Prometheus text exposition format, version 0.0.4.
package enum PrometheusText {
    package static func encode(_ families: [MetricFamily]) -> [UInt8] {
        var text = ""
        for family in families {
            text += "# HELP \(family.name) \(escaped(family.help, quotes: false))\n"
            text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            for sample in family.samples { append(sample, of: family, to: &text) }
        }
        return Array(text.utf8)
    }

    private static func append(_ sample: MetricFamily.Sample, of family: MetricFamily, to text: inout String) {
        switch sample.value {
        case .number(let number):
            text += "\(family.name)\(labels(sample.labels)) \(format(number))\n"
        case .histogram(let buckets, let sum, let count):
            for bucket in buckets {
                let bound = MetricFamily.Label("le", format(bucket.upperBound))
                text += "\(family.name)_bucket\(labels(sample.labels + [bound])) \(bucket.count)\n"
            }
            text += "\(family.name)_bucket\(labels(sample.labels + [MetricFamily.Label("le", "+Inf")])) \(count)\n"
            text += "\(family.name)_sum\(labels(sample.labels)) \(format(sum))\n"
            text += "\(family.name)_count\(labels(sample.labels)) \(count)\n"
        }
    }

    private static func labels(_ labels: [MetricFamily.Label]) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    private static func format(_ number: Double) -> String {
        if let integer = Int64(exactly: number) { return String(integer) }
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number > 0 ? "+Inf" : "-Inf" }
        return String(number)
    }
}
