/// The order in which the steps of many life cycles are sent.
///
/// A step may be sent when the one before it is final. So that nobody waits for that, the steps of one life cycle lie
/// far from each other, and those of others between them: the first steps begin one after the other, and each next step
/// comes `spread` life cycles later.
package struct LoadOrder: Sendable {
    package struct Place: Hashable, Sendable {
        /// Which life cycle, and which step of it.
        package let story: Int
        package let step: Int

        package init(story: Int, step: Int) {
            self.story = story
            self.step = step
        }
    }

    package let places: [Place]
    package let storyCount: Int
    /// Which place a place's predecessor has.
    private let first: [Int]

    package init(_ count: Int, mix: LoadMix, spread: Int) {
        var places: [Place] = []
        places.reserveCapacity(count + 16)
        let longest = mix.kinds.map(\.stepCount).max() ?? 1
        var slot = 0
        while places.count < count {
            for step in 0..<longest {
                let story = slot - step * spread
                guard story >= 0 else { break }
                if step < mix[story].stepCount { places.append(Place(story: story, step: step)) }
            }
            slot += 1
        }
        places.removeLast(places.count - count)
        self.places = places
        storyCount = slot
        first = LoadOrder.predecessors(places, storyCount: slot)
    }

    private static func predecessors(_ places: [Place], storyCount: Int) -> [Int] {
        var last = Array(repeating: -1, count: storyCount)
        return places.indices.map { index in
            defer { last[places[index].story] = index }
            return last[places[index].story]
        }
    }

    /// The place of the step before, or nil where it is the first.
    package func predecessor(of place: Int) -> Int? { first[place] < 0 ? nil : first[place] }
}
