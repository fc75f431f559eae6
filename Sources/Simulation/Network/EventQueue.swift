/// What is to happen, earliest first; events of one instant come in the order of their sequence.
///
/// A four-way heap of small trivial entries; the events themselves lie still in slots. Push and pop
/// are O(log n) and allocate only when the queue grows beyond its record.
package struct EventQueue<Event> {
  /// When an event comes: its time first, then its place among those of the same time.
  package struct Moment: Comparable, Sendable {
    /// Nanoseconds since the world's clock started.
    package let time: Int64
    /// Unique and rising.
    package let sequence: UInt64

    /// A moment from its parts.
    package init(time: Int64, sequence: UInt64) {
      self.time = time
      self.sequence = sequence
    }

    /// Whether `left` comes first.
    package static func < (left: Moment, right: Moment) -> Bool {
      left.time != right.time ? left.time < right.time : left.sequence < right.sequence
    }
  }

  private struct Entry {
    let moment: Moment
    let slot: Int
  }

  private var entries: [Entry] = []
  private var slots: [Event?] = []
  private var freeSlots: [Int] = []

  /// An empty queue.
  package init() {}

  /// How many events wait.
  package var count: Int { entries.count }

  /// When the earliest event comes; nil when none waits.
  package var firstMoment: Moment? { entries.first?.moment }

  /// The earliest event, left in its place; nil when none waits.
  package var first: Event? {
    entries.isEmpty ? nil : slots[entries[0].slot]
  }

  /// Adds `event`.
  package mutating func push(_ event: Event, at moment: Moment) {
    let slot = freeSlots.popLast() ?? slots.count
    if slot == slots.count {
      slots.append(event)
    } else {
      slots[slot] = event
    }
    let entry = Entry(moment: moment, slot: slot)
    entries.append(entry)
    rise(entry, from: entries.count - 1)
  }

  /// Takes the earliest event out; the queue must not be empty.
  package mutating func removeFirst() -> Event {
    precondition(!entries.isEmpty, "no event waits")
    let slot = entries[0].slot
    let last = entries.removeLast()
    if !entries.isEmpty { sink(last) }
    let event = slots[slot].take()
    freeSlots.append(slot)
    precondition(event != nil, "a slot in use is filled")
    return event!
  }

  /// Calls `body` with every waiting event, in no particular order.
  package func forEach(_ body: (Event) -> Void) {
    for event in slots {
      if let event { body(event) }
    }
  }

  private mutating func rise(_ entry: Entry, from start: Int) {
    entries.withUnsafeMutableBufferPointer { heap in
      var place = start
      while place > 0 {
        let parent = (place - 1) >> 2
        if heap[parent].moment < entry.moment { break }
        heap[place] = heap[parent]
        place = parent
      }
      heap[place] = entry
    }
  }

  /// Puts `entry` in the place of the first and lets it sink to where it belongs.
  private mutating func sink(_ entry: Entry) {
    entries.withUnsafeMutableBufferPointer { heap in
      var place = 0
      while true {
        let child = place << 2 + 1
        if child >= heap.count { break }
        var least = child
        for other in (child + 1)..<max(child + 1, min(child + 4, heap.count))
        where heap[other].moment < heap[least].moment {
          least = other
        }
        if entry.moment < heap[least].moment { break }
        heap[place] = heap[least]
        place = least
      }
      heap[place] = entry
    }
  }
}
