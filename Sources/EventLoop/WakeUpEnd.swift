/// Who is called at the end of a wake-up of its loop, after all events and before what was written
/// leaves.
///
/// For whoever turns many small writes into few large ones: frames of streams that share a
/// connection, records of TLS.
public protocol WakeUpEndHandler: AnyObject {
  /// The wake-up that it asked to hear the end of ends; it may write, and ask for another call.
  func wakeUpWillEnd(_ loop: any Loop)
}

/// Those who are to be called at the end of the present wake-up, in the order in which they asked.
///
/// Holds them until then. Costs a loop one look a wake-up where nobody asks, and allocates nothing
/// in a steady state.
public struct WakeUpEnd {
  private var waiting: [any WakeUpEndHandler] = []
  private var spare: [any WakeUpEndHandler] = []

  /// Nobody yet.
  public init() {}

  /// Whether nobody is to be called.
  public var isEmpty: Bool { waiting.isEmpty }

  /// Adds one who did not ask before in this wake-up.
  public mutating func append(_ handler: any WakeUpEndHandler) {
    waiting.append(handler)
  }

  /// Those to be called now; they are to be given back to `callWasMade` after that.
  public mutating func takeWaiting() -> [any WakeUpEndHandler] {
    swap(&waiting, &spare)
    var taken: [any WakeUpEndHandler] = []
    swap(&taken, &spare)
    return taken
  }

  /// Lets go of those who were called, and keeps the memory of their list.
  public mutating func callWasMade(_ called: consuming [any WakeUpEndHandler]) {
    called.removeAll(keepingCapacity: true)
    spare = called
  }

  /// Forgets everybody.
  public mutating func removeAll() {
    waiting = []
    spare = []
  }
}
