package import ContractKit

/// What kind of data it is. Consents and listings name it in the same words.
package enum DataClass: UInt64, Choice {
    case photo = 1
    case smartphoneSensor = 2
    case profile = 3
    case garbageCollection = 4
    case climate = 5
    case park = 6
    case homeCare = 7
    case evacuation = 8
    case facility = 9

    package static let allBits: UInt64 = 0b11_1111_1110

    package var name: String {
        switch self {
        case .photo: "photo"
        case .smartphoneSensor: "smartphone-sensor"
        case .profile: "profile"
        case .garbageCollection: "garbage-collection"
        case .climate: "climate"
        case .park: "park"
        case .homeCare: "home-care"
        case .evacuation: "evacuation"
        case .facility: "facility"
        }
    }
}

package typealias DataClasses = ChoiceSet<DataClass>
