internal import KVTransfer

/// What a `RequestStateMachine` wants done: first the handle, then the leg, then the next step.
struct RequestAction: Equatable {
  /// What happens to the request's KV handle in the ledger.
  enum HandleStep: Equatable {
    case none
    /// Prefill gave no answer: nothing is known to be pinned.
    case abandon(KVHandleID)
    /// Decode was never reached: the handle is held again.
    case takeBack(KVHandleID)
    /// Decode was never reached and nobody else is tried: the handle is left to its lease.
    case giveUp(KVHandleID)
    /// Decode accepted the request.
    case attach(KVHandleID)
    /// The handle's life ends.
    case settle(KVHandleID, KVSettlement)
  }

  /// What the driver does next.
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
    /// Pass the prefill leg's rejection on to the client as the whole answer.
    case relayRejection
    /// Answer the client with an error; nothing of an answer was sent yet.
    case fail(RouterError)
    /// The answer has begun and cannot be finished: say so in the stream, or cut it.
    case breakOff(RouterError)
    /// The answer is complete.
    case finish
    /// Nobody is listening any more: forget the request.
    case forget
  }

  var handle: HandleStep = .none
  /// Whether the leg in flight is to be cancelled (its connection closed).
  var cancelsLeg = false
  var step: Step
}
