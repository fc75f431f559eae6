internal import KVTransfer

/// What a `RequestStateMachine` wants done: first the handle, then the legs, then the next step.
struct RequestAction: Equatable {
  /// What happens to the request's KV handle.
  enum HandleStep: Equatable {
    case none
    /// Prefill gave no answer: nothing is known to be pinned.
    case abandon(KVHandleID)
    /// Decode was never reached: the handle is held again.
    case takeBack(KVHandleID)
    /// Decode accepted the request.
    case attach(KVHandleID)
    /// No decode engine that lives and has read the request will tell prefill: do it.
    case release(KVHandleID, KVReleaseReason)
    /// Prefill was sent, and what it answered will never be read: there may be a handle, and it can
    /// be given back by the name it was sent with.
    case recall(KVHandleID, KVReleaseReason)
    /// The decode leg was written and is no more: its engine tells prefill if it lives; make sure.
    case makeSure(KVHandleID, KVReleaseReason)
    /// The handle's life ends.
    case settle(KVHandleID, KVSettlement)
  }

  /// Which legs are to be cancelled (their connections closed), if they are out.
  enum Cancels: Equatable {
    case none, prefill, serving, both
  }

  /// What the driver does next. Errors lie elsewhere: an action without one is a few words.
  enum Step: Equatable {
    /// Nothing until the next event.
    case wait
    /// Choose workers for the whole request anew, and reserve them.
    case choose
    /// Choose another decode worker for the handle that is held.
    case chooseDecode
    /// Send the prefill leg.
    case startPrefill
    /// Send the leg whose answer the client gets: decode, or the only one.
    case startServing
    /// Pass the serving leg's answer on to the client.
    case relay
    /// Pass the prefill leg's answer, an error, on to the client as the whole answer.
    case relayRejection
    /// Answer the client with an error; nothing of an answer was sent yet.
    indirect case fail(RouterError)
    /// The answer has begun and cannot be finished: say so in the stream, or cut it.
    indirect case breakOff(RouterError)
    /// The answer is complete.
    case finish
    /// Nobody is listening any more: forget the request.
    case forget
    /// Nobody is listening any more, but a leg must come to its end before the request can.
    case leaveClient
    /// Prefill has answered; give the waiting decode engine a moment to take what it wrote.
    case linger
    /// What was left to do without a client is done.
    case end
  }

  var handle: HandleStep = .none
  var cancels = Cancels.none
  var step: Step

  /// Whether anything is to happen to the handle.
  var changesHandle: Bool {
    if case .none = handle { false } else { true }
  }

  /// Whether nothing is to be done before the next event.
  var isNothing: Bool {
    guard !changesHandle, case .none = cancels else { return false }
    switch step {
    case .wait, .relay: return true
    default: return false
    }
  }
}
