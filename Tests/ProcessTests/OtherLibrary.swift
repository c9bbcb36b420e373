import ChildProcess
import Foundation
import Testing

/// The scripts of this suite that play clients and nodes without sharing Akashi's code.
enum OtherLibrary {
    static let python = PythonEnvironment.python
    static var isPresent: Bool { PythonEnvironment.isPresent }
    static let absence = Comment(rawValue: PythonEnvironment.absence)

    static func script(_ name: String) -> String {
        PythonEnvironment.root.appending(path: "Tests/ProcessTests/Interop/\(name)").path
    }
}
