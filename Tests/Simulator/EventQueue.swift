/// A binary heap of events by virtual time, then by the order in which they were scheduled. The heap holds small keys;
/// the events, which are large, stay where they are.
struct EventQueue<Event> {
    private struct Key {
        let time: UInt64
        let order: UInt64
        let place: Int

        func precedes(_ other: Key) -> Bool { time != other.time ? time < other.time : order < other.order }
    }

    private var heap: [Key] = []
    private var events: [Event?] = []
    private var free: [Int] = []
    private var scheduled: UInt64 = 0

    var isEmpty: Bool { heap.isEmpty }
    var peekTime: UInt64? { heap.first?.time }

    mutating func schedule(_ event: Event, at time: UInt64) {
        scheduled += 1
        let place: Int
        if let last = free.popLast() {
            place = last
            events[place] = event
        } else {
            place = events.count
            events.append(event)
        }
        heap.append(Key(time: time, order: scheduled, place: place))
        rise()
    }

    mutating func next() -> (time: UInt64, event: Event)? {
        guard let first = heap.first, let event = events[first.place].take() else { return nil }
        free.append(first.place)
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (first.time, event)
    }

    mutating func removeAll(where isUnwanted: (Event) -> Bool) {
        let kept = heap.filter { key in
            guard let event = events[key.place], isUnwanted(event) else { return true }
            events[key.place] = nil
            free.append(key.place)
            return false
        }
        // Sorted is a heap too.
        heap = kept.sorted { $0.precedes($1) }
    }

    private mutating func rise() {
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].precedes(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var smallest = parent
            for child in (2 * parent + 1)...(2 * parent + 2) where child < heap.count {
                if heap[child].precedes(heap[smallest]) { smallest = child }
            }
            if smallest == parent { return }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
