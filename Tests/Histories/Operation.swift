/// One call of a client to an object, with when it began and when its answer was there.
package struct Operation<Object: SequentialObject>: Sendable {
    package let client: Int
    package let action: Object.Action
    /// Nil where none arrived: the call may take effect at any time after it began, or never.
    package let answer: Object.Answer?
    /// Nanoseconds of one clock.
    package let invoked: UInt64
    /// `.max` without an answer.
    package let returned: UInt64

    package init(client: Int, _ action: Object.Action, invoked: UInt64, _ answer: Object.Answer, returned: UInt64) {
        precondition(invoked <= returned, "a call begins before it ends")
        self.client = client
        self.action = action
        self.answer = answer
        self.invoked = invoked
        self.returned = returned
    }

    /// A call whose answer was lost.
    package init(client: Int, _ action: Object.Action, invoked: UInt64) {
        self.client = client
        self.action = action
        self.answer = nil
        self.invoked = invoked
        self.returned = .max
    }
}

/// What an object would do if its calls came one after the other.
package protocol SequentialObject: Sendable {
    associatedtype State: Hashable, Sendable
    associatedtype Action: Sendable
    associatedtype Answer: Equatable, Sendable

    static var initial: State { get }

    static func apply(_ action: Action, to state: inout State) -> Answer
}
