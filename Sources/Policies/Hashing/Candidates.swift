internal import Vocabulary

extension UnsafeBufferPointer<WorkerSnapshot> {
  /// The place of the worker with the registration number `number`; nil when it is no candidate.
  ///
  /// A binary search: candidates stand in registration order.
  func place(of number: UInt32) -> Int? {
    var low = 0
    var high = count
    while low < high {
      let middle = low &+ (high &- low) / 2
      if self[middle].id.number < number { low = middle &+ 1 } else { high = middle }
    }
    return low < count && self[low].id.number == number ? low : nil
  }
}
