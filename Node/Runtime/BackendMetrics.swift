/// One metric with all its samples, in the terms of the Prometheus text format.
package struct MetricFamily: Equatable, Sendable {
    package enum Kind: String, Equatable, Sendable { case counter, gauge, histogram }

    /// Labels are from small fixed sets (a route, a message kind, a validator's index), never addresses or paths.
    package struct Label: Equatable, Sendable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package enum Value: Equatable, Sendable {
        case number(Double)
        /// Cumulative counts at the upper bounds given, which ascend; the last bound, infinity, is `count`.
        case histogram(buckets: [(upperBound: Double, count: UInt64)], sum: Double, count: UInt64)

        package static func == (left: Value, right: Value) -> Bool {
            switch (left, right) {
            case (.number(let one), .number(let other)): one == other
            case (.histogram(let one, let sum, let count), .histogram(let other, let otherSum, let otherCount)):
                sum == otherSum && count == otherCount && one.elementsEqual(other, by: ==)
            default: false
            }
        }
    }

    package struct Sample: Equatable, Sendable {
        package var labels: [Label]
        package var value: Value

        package init(labels: [Label] = [], _ value: Value) {
            self.labels = labels
            self.value = value
        }
    }

    /// With the unit last, for instance `akashi_commit_latency_seconds`.
    package var name: String
    package var help: String
    package var kind: Kind
    package var samples: [Sample]

    package init(_ name: String, help: String, kind: Kind, samples: [Sample]) {
        self.name = name
        self.help = help
        self.kind = kind
        self.samples = samples
    }

    /// A family of one number without labels.
    package init(_ name: String, help: String, kind: Kind, number: Double) {
        self.init(name, help: help, kind: kind, samples: [Sample(.number(number))])
    }
}
