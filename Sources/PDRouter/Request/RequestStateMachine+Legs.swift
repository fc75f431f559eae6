extension RequestStateMachine {
  /// Who takes what prefill makes while a request unwinds.
  enum Receiver {
    /// Nobody was asked.
    case none
    /// A decode engine waits for it.
    case waiting
    /// A decode engine waited for it and is gone.
    case lost
    /// The parameters were there for a decode engine, which was never asked, or refused them and
    /// told nobody.
    case unasked
  }

  /// What the driver knows of the legs when a request is cut short.
  struct Legs: Equatable {
    /// The prefill leg was written.
    var prefillWasSent = true
    /// The serving leg was written.
    var servingWasSent = true
    /// Cutting prefill saves nothing: what is left of it is one step of the engine.
    var prefillIsShort = false
    /// Prefill is out and was written: cutting it may leave a handle, which can be given back by
    /// the name it was sent with.
    var leavesHandle = false
    /// A decode engine that waits for prefill gives everything up when its leg is closed.
    var decodeAbortsWhileWaiting = true
  }
}
