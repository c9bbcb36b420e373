package import Primitives

/// What the state held under a key after a block.
package struct RowView: Equatable, Sendable {
    package var height: Height
    /// Nil: nothing.
    package var value: [UInt8]?
    /// The block that set the value.
    package var since: Height?

    package init(height: Height, value: [UInt8]?, since: Height?) {
        self.height = height
        self.value = value
        self.since = since
    }
}

/// A page of what stood under a key, the newest first.
package struct RowVersions: Equatable, Sendable {
    package struct Version: Equatable, Sendable {
        /// The block that set the value; where there was none, the lowest height at which that is known here.
        package var from: Height
        package var through: Height
        package var value: [UInt8]?

        package init(from: Height, through: Height, value: [UInt8]?) {
            self.from = from
            self.through = through
            self.value = value
        }
    }

    package var versions: [Version]
    /// Where the next page begins; nil where everything that is kept has been told.
    package var next: Height?
    /// States are kept from this height on.
    package var completeFrom: Height

    package init(versions: [Version], next: Height?, completeFrom: Height) {
        self.versions = versions
        self.next = next
        self.completeFrom = completeFrom
    }
}
